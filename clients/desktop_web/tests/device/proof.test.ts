import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';

import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';

import { jwkThumbprint, loadDeviceKey } from '../../src/device/device_key';
import { DeviceStore } from '../../src/device/device_store';
import { signProof } from '../../src/device/proof';

const NOW = Date.parse('2026-11-24T12:00:00.750Z');

function freshStore(): DeviceStore {
  return new DeviceStore(new IDBFactory());
}

describe('the proof', () => {
  it('verifies by an independent library, under the key in its own header', async () => {
    const key = await loadDeviceKey(freshStore());
    const proof = await signProof(key, {
      method: 'GET',
      url: 'http://127.0.0.1:8083/bff/backoffice/v1/arrivals?limit=100#top',
      issuedAtMilliseconds: NOW,
      accessToken: 'the.access.token',
      nonce: 'server-nonce',
    });

    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(NOW),
    });

    expect(payload).toEqual({
      jti: expect.any(String) as string,
      htm: 'GET',
      htu: 'http://127.0.0.1:8083/bff/backoffice/v1/arrivals',
      iat: Math.floor(NOW / 1000),
      ath: createHash('sha256').update('the.access.token').digest('base64url'),
      nonce: 'server-nonce',
    });
    expect(Object.keys(protectedHeader.jwk ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y']);
  });

  it('carries neither ath nor nonce where there is no token and no nonce', async () => {
    const key = await loadDeviceKey(freshStore());
    const proof = await signProof(key, {
      method: 'POST',
      url: 'https://iam.example/login',
      issuedAtMilliseconds: NOW,
    });

    const { payload } = await jwtVerify(proof, EmbeddedJWK, { currentDate: new Date(NOW) });

    expect(Object.keys(payload).sort()).toEqual(['htm', 'htu', 'iat', 'jti']);
  });

  it('is never the same twice', async () => {
    const key = await loadDeviceKey(freshStore());
    const subject = {
      method: 'GET',
      url: 'https://bff.example/session',
      issuedAtMilliseconds: NOW,
    };

    const proofs = await Promise.all(Array.from({ length: 50 }, () => signProof(key, subject)));
    const identifiers = await Promise.all(
      proofs.map(
        async (proof) =>
          (await jwtVerify(proof, EmbeddedJWK, { currentDate: new Date(NOW) })).payload.jti,
      ),
    );

    expect(new Set(identifiers).size).toBe(50);
  });
});

describe('the device key', () => {
  it('has the thumbprint that RFC 9449 §6.1 prints for its example key', async () => {
    const thumbprint = await jwkThumbprint({
      kty: 'EC',
      crv: 'P-256',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
    });

    expect(thumbprint).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
  });

  it('has the thumbprint that an independent library computes from the proof', async () => {
    const key = await loadDeviceKey(freshStore());
    const proof = await signProof(key, {
      method: 'GET',
      url: 'https://bff.example/',
      issuedAtMilliseconds: NOW,
    });
    const { jwk } = decodeProtectedHeader(proof);

    expect(jwk).toBeDefined();
    expect(await calculateJwkThumbprint(jwk ?? {}, 'sha256')).toBe(key.thumbprint);
  });

  it('cannot be read out', async () => {
    const { privateKey } = await loadDeviceKey(freshStore());

    expect(privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
    await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow();
  });

  it('is the same at the next start, and for two tabs that start together', async () => {
    const factory = new IDBFactory();

    const [one, other] = await Promise.all([
      loadDeviceKey(new DeviceStore(factory)),
      loadDeviceKey(new DeviceStore(factory)),
    ]);
    const later = await loadDeviceKey(new DeviceStore(factory));

    expect(other.thumbprint).toBe(one.thumbprint);
    expect(later.thumbprint).toBe(one.thumbprint);
  });
});
