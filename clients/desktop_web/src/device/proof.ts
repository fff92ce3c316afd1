import { base64urlFromBytes, base64urlFromText, sha256Base64url } from './base64url';
import type { DeviceKey } from './device_key';

export interface ProofSubject {
  readonly method: string;
  readonly url: string;
  readonly issuedAtMilliseconds: number;
  /** Absent where the call carries no access token: sign-in and refresh. */
  readonly accessToken?: string | undefined;
  readonly nonce?: string | undefined;
}

/** A proof that the caller holds the device's key, good for one request (RFC 9449 §4.2). */
export async function signProof(key: DeviceKey, subject: ProofSubject): Promise<string> {
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.publicJwk };
  const claims = {
    jti: crypto.randomUUID(),
    htm: subject.method,
    htu: withoutQuery(subject.url),
    iat: Math.floor(subject.issuedAtMilliseconds / 1000),
    ...(subject.accessToken === undefined
      ? {}
      : { ath: await sha256Base64url(subject.accessToken) }),
    ...(subject.nonce === undefined ? {} : { nonce: subject.nonce }),
  };
  const signed = `${base64urlFromText(JSON.stringify(header))}.${base64urlFromText(JSON.stringify(claims))}`;
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    key.privateKey,
    new TextEncoder().encode(signed),
  );
  return `${signed}.${base64urlFromBytes(new Uint8Array(signature))}`;
}

/** RFC 9449 §4.2: `htu` is the target URI without query and fragment. */
function withoutQuery(url: string): string {
  const target = new URL(url);
  return target.origin + target.pathname;
}
