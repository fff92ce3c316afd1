// The same peer tuned by hand: tokens and keys remembered, synchronous verification,
// commands of one tick pipelined.
import { createPublicKey, verify } from "node:crypto";
import Fastify from "fastify";
import Redis from "ioredis";
import {
  checkClaims, checkDevice, claimKey, digest, offered, POLICY, refusal, Refused, sessionBody, settings,
} from "./checks.mjs";

const REMEMBERED_MAX = 8192;
const wanted = settings();
const redis = new Redis(wanted.redisUrl, { enableAutoPipelining: true });
const app = Fastify();
const tokens = new Map();
const keys = new Map();
const signingKeys = new Map();

function remember(map, name, value) {
  if (map.size >= REMEMBERED_MAX) map.delete(map.keys().next().value);
  map.set(name, value);
  return value;
}

function read(text) {
  const [header, payload, signature, ...more] = text.split(".");
  if (!signature || more.length) throw new Refused("invalid_dpop_proof");
  const parse = (segment) => JSON.parse(Buffer.from(segment, "base64url").toString("utf8"));
  return {
    header: parse(header),
    payload: parse(payload),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, "base64url"),
  };
}

function verifiedToken(token, tokenHash) {
  const now = Date.now() / 1000;
  const known = tokens.get(tokenHash);
  if (known) {
    if (known.exp <= now) throw new Refused("invalid_token");
    return known;
  }
  const { header, payload, signed, signature } = read(token);
  const key = signingKeys.get(header.kid);
  if (header.typ !== "at+jwt" || header.alg !== "EdDSA" || !key || !verify(null, signed, key, signature))
    throw new Refused("invalid_token");
  if (payload.iss !== wanted.issuer || payload.aud !== wanted.audience || payload.exp <= now)
    throw new Refused("invalid_token");
  return remember(tokens, tokenHash, payload);
}

function proofKey(jwk) {
  if (jwk?.kty !== "EC" || jwk.crv !== "P-256" || jwk.d !== undefined) throw new Refused("invalid_dpop_proof");
  const name = `${jwk.x}.${jwk.y}`;
  const known = keys.get(name);
  if (known) return known;
  const { crv, kty, x, y } = jwk;
  return remember(keys, name, {
    key: createPublicKey({ key: { crv, kty, x, y }, format: "jwk" }),
    thumbprint: digest(JSON.stringify({ crv, kty, x, y })),
  });
}

async function authenticate(request) {
  const { token, proof } = offered(request);
  const tokenHash = digest(token);
  const payload = verifiedToken(token, tokenHash);
  const { header, payload: claims, signed, signature } = read(proof);
  if (header.typ !== "dpop+jwt" || header.alg !== "ES256") throw new Refused("invalid_dpop_proof");
  const { key, thumbprint } = proofKey(header.jwk);
  if (!verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature)) throw new Refused("invalid_dpop_proof");
  checkClaims(claims, { method: request.method, url: wanted.origin + request.url.split("?")[0], tokenHash });
  if (thumbprint !== payload.cnf?.jkt) throw new Refused("invalid_token");
  checkDevice(request, payload);
  const claimed = await redis.set(claimKey(thumbprint, claims.jti), "", "EX", POLICY.claimSeconds, "NX");
  if (claimed !== "OK") throw new Refused("invalid_dpop_proof");
  return payload;
}

app.setErrorHandler((error, _request, reply) => reply.send(refusal(error, reply)));
app.get("/session", async (request) => sessionBody(await authenticate(request)));

const published = await (await fetch(wanted.keySetUrl)).json();
for (const jwk of published.keys) signingKeys.set(jwk.kid, createPublicKey({ key: jwk, format: "jwk" }));
await app.listen({ port: wanted.port, host: "127.0.0.1" });
