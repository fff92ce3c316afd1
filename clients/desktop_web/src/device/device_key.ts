import { sha256Base64url } from './base64url';
import type { DeviceStore, StoredKeyPair } from './device_store';

/** ES256: the desktop's Electron predates Ed25519 in WebCrypto. */
const KEY_ALGORITHM: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };

export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

export interface DeviceKey {
  /** Non-extractable: no script can read it out, this one included. */
  readonly privateKey: CryptoKey;
  readonly publicJwk: PublicJwk;
  readonly thumbprint: string;
}

/** The key of this device, made at the first call and the same ever after. */
export async function loadDeviceKey(store: DeviceStore): Promise<DeviceKey> {
  const kept = await store.read('key-pair');
  return describeKey(kept ?? (await store.writeOnce('key-pair', await newKeyPair())));
}

async function newKeyPair(): Promise<StoredKeyPair> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(KEY_ALGORITHM, false, [
    'sign',
    'verify',
  ]);
  return { privateKey, publicKey };
}

async function describeKey({ privateKey, publicKey }: StoredKeyPair): Promise<DeviceKey> {
  const { x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  if (x === undefined || y === undefined) throw new Error('The device key is not an EC key');
  const publicJwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y };
  return { privateKey, publicJwk, thumbprint: await jwkThumbprint(publicJwk) };
}

/** RFC 7638 §3: the required members alone, in lexical order, without white space. */
export function jwkThumbprint({ crv, kty, x, y }: PublicJwk): Promise<string> {
  return sha256Base64url(JSON.stringify({ crv, kty, x, y }));
}
