import 'fake-indexeddb/auto';
import { beforeAll, describe, expect, it } from 'vitest';

import { NoAnswerError } from '../../src/bridge/http_exchange';
import {
  RefusedError,
  SignedCalls,
  type Call,
  type Credentials,
} from '../../src/bridge/signed_calls';
import { serviceTimeFrom } from '../../src/bridge/service_time';
import { CorrectedClock } from '../../src/device/corrected_clock';
import { loadDeviceKey, type DeviceKey } from '../../src/device/device_key';
import { DeviceStore } from '../../src/device/device_store';
import {
  claimsOf,
  FakeExchange,
  json,
  lineBroken,
  refusal,
  tellTime,
  type Reply,
} from '../fake_exchange';

const READ: Call = {
  method: 'GET',
  url: 'https://bff.example/v1/session',
  requestId: '01ARYZ6S41TSV4RRFFQ69G5FAV',
};
const MUTATION: Call = {
  method: 'POST',
  url: 'https://bff.example/v1/reservations/rsv_1/check-in',
  requestId: '01ARYZ6S41TSV4RRFFQ69G5FAW',
  body: { documentVerified: true },
  idempotencyKey: '01ARYZ6S41TSV4RRFFQ69G5FAX',
  propertyId: 'prop_1',
};
const FINE = json(200, { ok: true });

let key: DeviceKey;
beforeAll(async () => {
  key = await loadDeviceKey(new DeviceStore(new IDBFactory()));
});

/** A token that a renewal replaces by the next. */
class CountingCredentials implements Credentials {
  readonly deviceId = 'dev_1';
  renewals = 0;

  accessToken(): Promise<string> {
    return Promise.resolve(`token-${this.renewals}`);
  }

  renew(): Promise<void> {
    this.renewals += 1;
    return Promise.resolve();
  }
}

function callsOver(...replies: Reply[]) {
  const line = new FakeExchange(...replies);
  const clock = new CorrectedClock(() => Date.parse('2026-11-24T09:00:00Z'));
  return {
    line,
    clock,
    credentials: new CountingCredentials(),
    calls: new SignedCalls({
      exchange: line.exchange,
      key,
      clock,
      app: { version: '1.2.3', platform: 'linux' },
      askTime: serviceTimeFrom(line.exchange, 'https://bff.example'),
    }),
  };
}

function proofsOf(line: FakeExchange) {
  return line.requests.map((request) => claimsOf(request.headers['DPoP']));
}

describe('a signed call', () => {
  it('carries token, device, proof, request id, property and key', async () => {
    const { calls, line, credentials } = callsOver(FINE);

    await calls.send(MUTATION, credentials);

    expect(line.requests[0]?.headers).toMatchObject({
      Authorization: 'DPoP token-0',
      'X-Device-Id': 'dev_1',
      'X-Request-Id': MUTATION.requestId,
      'X-Property-Id': 'prop_1',
      'X-Idempotency-Key': MUTATION.idempotencyKey,
      'Content-Type': 'application/json',
    });
    expect(proofsOf(line)[0]).toMatchObject({ htm: 'POST', htu: MUTATION.url });
  });

  it('asks once more when the line breaks, with a fresh proof and the same key and body', async () => {
    const { calls, line, credentials } = callsOver(lineBroken, FINE);

    await calls.send(MUTATION, credentials);

    const [first, second] = proofsOf(line);
    expect(line.requests).toHaveLength(2);
    expect(second?.jti).not.toBe(first?.jti);
    expect(line.header(1, 'X-Idempotency-Key')).toBe(line.header(0, 'X-Idempotency-Key'));
    expect(line.requests[1]?.body).toBe(line.requests[0]?.body);
  });

  it('gives up when the line breaks twice', async () => {
    const { calls, line, credentials } = callsOver(lineBroken, lineBroken);

    await expect(calls.send(MUTATION, credentials)).rejects.toThrow(NoAnswerError);
    expect(line.requests).toHaveLength(2);
  });

  it('never repeats a mutation that has no key', async () => {
    const { calls, line, credentials } = callsOver(lineBroken);

    await expect(calls.send({ ...READ, method: 'POST' }, credentials)).rejects.toThrow(
      NoAnswerError,
    );
    expect(line.requests).toHaveLength(1);
  });

  it('signs once more with the nonce the service demands, and keeps it for later calls', async () => {
    const demand = refusal(401, 'USE_DPOP_NONCE', { challenge: 'use_dpop_nonce', nonce: 'n-1' });
    const { calls, line, credentials } = callsOver(demand, FINE, FINE);

    await calls.send(READ, credentials);
    await calls.send(READ, credentials);

    expect(proofsOf(line).map(({ nonce }) => nonce)).toEqual([undefined, 'n-1', 'n-1']);
  });

  it('demands a second nonce in vain', async () => {
    const demand = refusal(401, 'USE_DPOP_NONCE', { challenge: 'use_dpop_nonce', nonce: 'n-1' });
    const { calls, line, credentials } = callsOver(demand, demand);

    await expect(calls.send(READ, credentials)).rejects.toThrow(RefusedError);
    expect(line.requests).toHaveLength(2);
  });

  it('keeps a nonce for the origin that gave it', async () => {
    const { calls, line } = callsOver(json(200, {}, { 'DPoP-Nonce': 'n-iam' }), FINE);

    await calls.send({ ...READ, url: 'https://iam.example/login' }, null);
    await calls.send(READ, null);

    expect(proofsOf(line)[1]?.nonce).toBeUndefined();
  });

  it('corrects its clock by the service’s time and tries once more', async () => {
    const late = refusal(401, 'INVALID_DPOP_PROOF', {
      challenge: 'invalid_dpop_proof',
      serverTime: '2026-11-24T12:00:00.000Z',
    });
    const { calls, line, clock, credentials } = callsOver(late, FINE);

    await calls.send(READ, credentials);

    expect(proofsOf(line)[1]?.iat).toBe(Date.parse('2026-11-24T12:00:00Z') / 1000);
    expect(clock.offsetMilliseconds).toBe(3 * 3600 * 1000);
  });

  it('signs anew once when a proof is refused, as after the network stack sent it twice', async () => {
    const spent = refusal(401, 'INVALID_DPOP_PROOF', { challenge: 'invalid_dpop_proof' });
    const { calls, line, credentials } = callsOver(spent, lineBroken, FINE);

    await calls.send(MUTATION, credentials);

    const [first, , second] = line.requests;
    expect(claimsOf(second?.headers['DPoP']).jti).not.toBe(claimsOf(first?.headers['DPoP']).jti);
    expect(second?.headers['X-Idempotency-Key']).toBe(MUTATION.idempotencyKey);
  });

  it('asks the service for the time when the refusal of a proof tells none, as iam’s', async () => {
    const late = json(
      401,
      { code: 'MELMASTOON.IAM.INVALID_DPOP_PROOF' },
      {
        'WWW-Authenticate': 'DPoP error="invalid_dpop_proof"',
      },
    );
    const { calls, line } = callsOver(late, tellTime('Tue, 24 Nov 2026 12:00:00 GMT'), FINE);

    await calls.send({ ...READ, method: 'POST', url: 'https://iam.example/login' }, null);

    expect(line.requests[1]).toMatchObject({
      method: 'GET',
      url: 'https://bff.example/health/live',
    });
    expect(line.requests[1]?.headers).toEqual({});
    expect(claimsOf(line.header(2, 'DPoP')).iat).toBe(Date.parse('2026-11-24T12:00:00Z') / 1000);
  });

  it('renews a refused token once and no more', async () => {
    const refused = refusal(401, 'INVALID_TOKEN', { challenge: 'invalid_token' });
    const { calls, line, credentials } = callsOver(refused, refused);

    await expect(calls.send(READ, credentials)).rejects.toThrow(RefusedError);
    expect(credentials.renewals).toBe(1);
    expect(line.requests.map(({ headers }) => headers['Authorization'])).toEqual([
      'DPoP token-0',
      'DPoP token-1',
    ]);
  });

  it('does not try to renew a session that was revoked', async () => {
    const { calls, line, credentials } = callsOver(
      refusal(401, 'SESSION_REVOKED', { challenge: 'invalid_token' }),
    );

    await expect(calls.send(READ, credentials)).rejects.toThrow(RefusedError);
    expect(credentials.renewals).toBe(0);
    expect(line.requests).toHaveLength(1);
  });

  it('mends several things in one call, each once', async () => {
    const { calls, line, credentials } = callsOver(
      lineBroken,
      refusal(401, 'INVALID_DPOP_PROOF', {
        challenge: 'invalid_dpop_proof',
        serverTime: '2026-11-24T12:00:00Z',
      }),
      refusal(401, 'USE_DPOP_NONCE', { challenge: 'use_dpop_nonce', nonce: 'n-1' }),
      refusal(401, 'INVALID_TOKEN', { challenge: 'invalid_token' }),
      FINE,
    );

    await calls.send(MUTATION, credentials);

    expect(line.requests).toHaveLength(5);
    expect(new Set(proofsOf(line).map(({ jti }) => jti)).size).toBe(5);
    expect(new Set(line.requests.map(({ headers }) => headers['X-Idempotency-Key'])).size).toBe(1);
  });

  it.each([403, 404, 409, 412, 422, 500, 503])('takes a %i as it is', async (status) => {
    const { calls, line, credentials } = callsOver(refusal(status, 'SOME_CODE'));

    await expect(calls.send(MUTATION, credentials)).rejects.toThrow(RefusedError);
    expect(line.requests).toHaveLength(1);
  });

  it('shows what the service said of a refusal, and says the request id itself where it said none', async () => {
    const { calls, credentials } = callsOver(
      () => new Response('<html>502</html>', { status: 502, headers: { 'Retry-After': '3' } }),
    );

    const error = await calls.send(READ, credentials).catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(RefusedError);
    expect((error as RefusedError).problem).toMatchObject({
      kind: 'refused',
      code: null,
      status: 502,
      requestId: READ.requestId,
      retryAfterSeconds: 3,
    });
  });
});
