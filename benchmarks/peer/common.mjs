// The peer as commonly written: jose for token and proof, ioredis as it comes.
import Fastify from "fastify";
import Redis from "ioredis";
import { calculateJwkThumbprint, createRemoteJWKSet, EmbeddedJWK, jwtVerify } from "jose";
import {
  checkClaims, checkDevice, claimKey, digest, offered, POLICY, refusal, Refused, sessionBody, settings,
} from "./checks.mjs";

const wanted = settings();
const redis = new Redis(wanted.redisUrl);
const keySet = createRemoteJWKSet(new URL(wanted.keySetUrl));
const app = Fastify();

async function authenticate(request) {
  const { token, proof } = offered(request);
  const { payload } = await jwtVerify(token, keySet, {
    issuer: wanted.issuer, audience: wanted.audience, typ: "at+jwt", algorithms: ["EdDSA"],
  });
  const verified = await jwtVerify(proof, EmbeddedJWK, { typ: "dpop+jwt", algorithms: ["ES256", "EdDSA"] });
  checkClaims(verified.payload, {
    method: request.method, url: wanted.origin + request.url.split("?")[0], tokenHash: digest(token),
  });
  const thumbprint = await calculateJwkThumbprint(verified.protectedHeader.jwk);
  if (thumbprint !== payload.cnf?.jkt) throw new Refused("invalid_token");
  checkDevice(request, payload);
  const claimed = await redis.set(claimKey(thumbprint, verified.payload.jti), "", "EX", POLICY.claimSeconds, "NX");
  if (claimed !== "OK") throw new Refused("invalid_dpop_proof");
  return payload;
}

app.setErrorHandler((error, _request, reply) => reply.send(refusal(error, reply)));
app.get("/session", async (request) => sessionBody(await authenticate(request)));
await app.listen({ port: wanted.port, host: "127.0.0.1" });
