// What both peers check of a proof and a token, as the service under test does (RFC 9449 §4.3).
import { createHash } from "node:crypto";

export const POLICY = {
  ageSeconds: 60,
  aheadSeconds: 10,
  claimSeconds: 80,
  proofCharacters: 4096,
  identifierBytes: 256,
};

export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export function settings() {
  const need = (name) => process.env[name] ?? fail(`${name} is missing`);
  return {
    port: Number(need("PEER_PORT")),
    origin: need("PEER_ORIGIN"),
    issuer: need("PEER_ISSUER"),
    audience: need("PEER_AUDIENCE"),
    keySetUrl: need("PEER_KEY_SET_URL"),
    redisUrl: need("PEER_REDIS_URL"),
  };
}

export function offered(request) {
  const authorization = request.headers.authorization ?? "";
  const [scheme, token] = authorization.split(" ");
  const proof = request.headers.dpop;
  if (scheme?.toLowerCase() !== "dpop" || !token) throw new Refused("invalid_token");
  if (typeof proof !== "string" || proof.length > POLICY.proofCharacters || proof.includes(","))
    throw new Refused("invalid_dpop_proof");
  return { token, proof };
}

export function checkClaims(claims, { method, url, tokenHash }) {
  const now = Date.now() / 1000;
  const { htm, htu, ath, iat, jti } = claims;
  if (htm !== method || htu !== url || ath !== tokenHash) throw new Refused("invalid_dpop_proof");
  if (typeof iat !== "number" || iat < now - POLICY.ageSeconds || iat > now + POLICY.aheadSeconds)
    throw new Refused("invalid_dpop_proof");
  if (typeof jti !== "string" || !jti.trim() || Buffer.byteLength(jti) > POLICY.identifierBytes)
    throw new Refused("invalid_dpop_proof");
}

export function checkDevice(request, payload) {
  if (request.headers["x-device-id"] !== payload.device_id) throw new Refused("invalid_token");
}

export const digest = (text) => createHash("sha256").update(text).digest("base64url");

export const claimKey = (thumbprint, identifier) => `peer:${thumbprint}:${digest(identifier)}`;

export function sessionBody(payload) {
  return {
    id: payload.sid,
    tenantId: payload.tid,
    operatorId: payload.sub,
    deviceId: payload.device_id,
    roles: payload.roles,
    propertyIds: payload.property_ids,
    locale: "en",
    scopeResolved: true,
    expiresAt: new Date(Date.now() + 12 * 3600 * 1000).toISOString(),
    serverTime: new Date().toISOString(),
  };
}

export function refusal(error, reply) {
  const code = error instanceof Refused ? error.code : "server_error";
  reply.code(error instanceof Refused ? 401 : 500);
  return { error: { code } };
}

function fail(message) {
  throw new Error(message);
}
