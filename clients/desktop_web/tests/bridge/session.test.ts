import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';

import { buildBridge } from '../../src/bridge/install';
import { CorrectedClock } from '../../src/device/corrected_clock';
import { DeviceStore } from '../../src/device/device_store';
import { claimsOf, FakeExchange, json, lineBroken, refusal, type Reply } from '../fake_exchange';

const CONFIGURATION = {
  bff: 'https://bff.example',
  iam: 'https://iam.example',
  basePath: '/bff/backoffice/v1',
};
const SESSION = {
  id: 'bos_1',
  tenantId: 'tnt_1',
  operatorId: 'opr_1',
  deviceId: 'dev_1',
  roles: ['front_desk'],
  propertyIds: ['prop_1'],
  properties: [{ id: 'prop_1', name: 'Kabul Garden' }],
  locale: 'en',
  scopeResolved: true,
  expiresAt: '2026-11-25T00:00:00.000Z',
  serverTime: '2026-11-24T12:00:00.000Z',
};
const LOGIN = {
  accessToken: 'access-1',
  tokenType: 'DPoP',
  expiresIn: 900,
  refreshToken: 'refresh-1',
  refreshExpiresIn: 2_592_000,
  deviceId: 'dev_1',
  sessionId: 'sid_1',
};
const CREDENTIALS = { username: 'anna', password: 'secret' };

function bridgeOver(
  line: FakeExchange,
  store: DeviceStore,
  time = { now: Date.parse('2026-11-24T12:00:00Z') },
) {
  return buildBridge({
    configuration: CONFIGURATION,
    exchange: line.exchange,
    store,
    clock: new CorrectedClock(() => time.now),
    app: { version: '1.2.3', platform: 'linux' },
    isMachineOnline: () => true,
  });
}

function renewed(number: number): Reply {
  return json(200, {
    ...LOGIN,
    accessToken: `access-${number}`,
    refreshToken: `refresh-${number}`,
    deviceId: undefined,
  });
}

async function signedIn(factory = new IDBFactory()) {
  const line = new FakeExchange(json(200, LOGIN), json(200, SESSION));
  const time = { now: Date.parse('2026-11-24T12:00:00Z') };
  const store = new DeviceStore(factory);
  const { bridge } = await bridgeOver(line, store, time);
  await bridge.session.signIn(CREDENTIALS);
  line.requests.length = 0;
  return { bridge, line, store, time };
}

describe('signing in', () => {
  it('goes to iam with a proof without ath, then asks the service for the session', async () => {
    const line = new FakeExchange(json(200, LOGIN), json(200, SESSION));
    const { bridge } = await bridgeOver(line, new DeviceStore(new IDBFactory()));

    const outcome = await bridge.session.signIn(CREDENTIALS);

    expect(outcome).toEqual({ ok: true, value: SESSION });
    expect(line.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST https://iam.example/api/v1/auth/login',
      'GET https://bff.example/bff/backoffice/v1/session',
    ]);
    expect(claimsOf(line.header(0, 'DPoP')).ath).toBeUndefined();
    expect(line.header(0, 'Authorization')).toBeUndefined();
    expect(bridge.session.snapshot()).toMatchObject({ phase: 'signed_in', connection: 'online' });
  });

  it('leaves everything as it was when the password is wrong', async () => {
    const line = new FakeExchange(
      json(401, { code: 'MELMASTOON.IAM.INVALID_CREDENTIALS', status: 401, requestId: 'r-1' }),
    );
    const store = new DeviceStore(new IDBFactory());
    const { bridge } = await bridgeOver(line, store);

    const outcome = await bridge.session.signIn(CREDENTIALS);

    expect(outcome).toMatchObject({
      ok: false,
      problem: {
        kind: 'refused',
        status: 401,
        code: 'MELMASTOON.IAM.INVALID_CREDENTIALS',
        requestId: 'r-1',
      },
    });
    expect(line.requests).toHaveLength(1);
    expect(await store.read('grant')).toBeNull();
    expect(bridge.session.snapshot().session).toBeNull();
  });
});

describe('renewal', () => {
  it('is one for all callers that come meanwhile', async () => {
    const { bridge, line } = await signedIn();
    line.then(renewed(2));

    const outcomes = await Promise.all(Array.from({ length: 10 }, () => bridge.session.refresh()));

    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(line.requests).toHaveLength(1);
    expect(line.requests[0]).toMatchObject({
      method: 'POST',
      url: 'https://bff.example/bff/backoffice/v1/auth/refresh',
    });
    expect(line.body(0)).toEqual({ refreshToken: 'refresh-1' });
    expect(line.header(0, 'Authorization')).toBeUndefined();
    expect(claimsOf(line.header(0, 'DPoP')).ath).toBeUndefined();
    expect(line.header(0, 'X-Idempotency-Key')).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('comes before the token ends, so that no call starts with a dying one', async () => {
    const { bridge, line, time } = await signedIn();
    line.then(renewed(2), json(200, SESSION));
    time.now += 850_000;

    await bridge.session.current();

    expect(line.requests.map(({ url }) => url.split('/').at(-1))).toEqual(['refresh', 'session']);
    expect(line.header(1, 'Authorization')).toBe('DPoP access-2');
  });

  it('follows a refused token, and many refused calls share it', async () => {
    const { bridge, line } = await signedIn();
    const refused = refusal(401, 'INVALID_TOKEN', { challenge: 'invalid_token' });
    line.then(refused, refused, renewed(2), json(200, SESSION), json(200, SESSION));

    const outcomes = await Promise.all([bridge.session.current(), bridge.session.current()]);

    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(line.requests.filter(({ url }) => url.endsWith('/auth/refresh'))).toHaveLength(1);
  });

  it('asks again under the same key after a lost answer, also in a later renewal', async () => {
    const { bridge, line } = await signedIn();
    line.then(lineBroken, lineBroken, renewed(2), renewed(3));

    const lost = await bridge.session.refresh();
    const found = await bridge.session.refresh();
    await bridge.session.refresh();

    const keys = line.requests.map(({ headers }) => headers['X-Idempotency-Key']);
    expect(lost).toMatchObject({ ok: false, problem: { kind: 'unreachable' } });
    expect(found.ok).toBe(true);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect(line.body(3)).toEqual({ refreshToken: 'refresh-2' });
  });

  it('uses the refresh token that another tab got meanwhile', async () => {
    const { bridge, line, store } = await signedIn();
    await store.write('grant', {
      refreshToken: 'refresh-of-the-other-tab',
      deviceId: 'dev_1',
      sessionId: 'sid_1',
    });
    line.then(renewed(2));

    await bridge.session.refresh();

    expect(line.body(0)).toEqual({ refreshToken: 'refresh-of-the-other-tab' });
  });

  it('never takes over the session that somebody else opened on this device', async () => {
    const { bridge, line, store } = await signedIn();
    const theirs = { refreshToken: 'theirs', deviceId: 'dev_1', sessionId: 'sid_2' };
    await store.write('grant', theirs);

    const outcome = await bridge.session.refresh();
    await bridge.session.signOut();

    expect(outcome).toMatchObject({ ok: false, problem: { kind: 'session_ended' } });
    expect(line.requests).toEqual([]);
    expect(await store.read('grant')).toEqual(theirs);
  });

  it('does not bring a session back that was signed out while it was under way', async () => {
    const { bridge, line, store } = await signedIn();
    let answer: (response: Response) => void = () => undefined;
    const pair = { accessToken: 'access-2', expiresIn: 900, refreshToken: 'refresh-2' };
    line.then(
      () => new Promise<Response>((resolve) => (answer = resolve)),
      () => new Response(null, { status: 204 }),
    );
    const renewal = bridge.session.refresh();
    await vi.waitFor(() => {
      expect(line.requests).toHaveLength(1);
    });

    await bridge.session.signOut();
    answer(new Response(JSON.stringify(pair)));

    expect(await renewal).toMatchObject({ ok: false, problem: { kind: 'session_ended' } });
    expect(bridge.session.snapshot().phase).toBe('signed_out');
    expect(await store.read('grant')).toBeNull();
  });

  it('ends the session when it is refused, and forgets the refresh token', async () => {
    const { bridge, line, store } = await signedIn();
    line.then(refusal(401, 'REFRESH_REFUSED', { challenge: 'invalid_token' }));

    const outcome = await bridge.session.refresh();

    expect(outcome).toMatchObject({ ok: false, problem: { kind: 'session_ended' } });
    expect(bridge.session.snapshot()).toMatchObject({
      phase: 'ended',
      endReason: 'expired',
      session: null,
    });
    expect(await store.read('grant')).toBeNull();
  });

  it.each([
    ['an outage', [refusal(503, 'UPSTREAM_UNAVAILABLE')]],
    ['a limit', [refusal(429, 'REFRESH_LIMITED')]],
    [
      'a refused proof',
      [
        refusal(401, 'INVALID_DPOP_PROOF', { challenge: 'invalid_dpop_proof' }),
        lineBroken,
        refusal(401, 'INVALID_DPOP_PROOF', { challenge: 'invalid_dpop_proof' }),
      ],
    ],
  ])('keeps the person signed in through %s', async (_, replies) => {
    const { bridge, line, store } = await signedIn();
    line.then(...replies);

    const outcome = await bridge.session.refresh();

    expect(outcome.ok).toBe(false);
    expect(bridge.session.snapshot().phase).toBe('signed_in');
    expect(await store.read('grant')).toMatchObject({ refreshToken: 'refresh-1' });
  });
});

describe('a session', () => {
  it('is resumed at the next start by the kept refresh token', async () => {
    const factory = new IDBFactory();
    await signedIn(factory);
    const line = new FakeExchange(renewed(2), json(200, SESSION));
    const { bridge } = await bridgeOver(line, new DeviceStore(factory));

    const outcome = await bridge.session.current();

    expect(outcome).toMatchObject({ ok: true, value: { id: 'bos_1' } });
    expect(line.header(1, 'X-Device-Id')).toBe('dev_1');
    expect(bridge.session.snapshot().phase).toBe('signed_in');
  });

  it('is not there at a first start', async () => {
    const { bridge } = await bridgeOver(new FakeExchange(), new DeviceStore(new IDBFactory()));

    expect(await bridge.session.current()).toEqual({ ok: true, value: null });
    expect(bridge.session.snapshot().phase).toBe('signed_out');
  });

  it('shows its end when the service says that it was revoked', async () => {
    const { bridge, line, store } = await signedIn();
    line.then(refusal(401, 'SESSION_REVOKED', { challenge: 'invalid_token' }));

    const outcome = await bridge.workbench.arrivals({ propertyId: 'prop_1' });

    expect(outcome).toMatchObject({ ok: false, problem: { kind: 'session_ended' } });
    expect(bridge.session.snapshot()).toMatchObject({ phase: 'ended', endReason: 'revoked' });
    expect(await store.read('grant')).toBeNull();
  });

  it('does not blame a manager when somebody signed out in another tab', async () => {
    const { bridge, line, store } = await signedIn();
    await store.remove('grant');
    line.then(refusal(401, 'SESSION_REVOKED', { challenge: 'invalid_token' }));

    await bridge.workbench.arrivals({ propertyId: 'prop_1' });

    expect(bridge.session.snapshot()).toMatchObject({ phase: 'ended', endReason: 'expired' });
  });

  it('ends here on sign-out, even when the service cannot be told', async () => {
    const { bridge, line, store } = await signedIn();
    line.then(lineBroken);

    await bridge.session.signOut();

    expect(line.requests[0]?.url).toBe('https://bff.example/bff/backoffice/v1/auth/sign-out');
    expect(bridge.session.snapshot().phase).toBe('signed_out');
    expect(await store.read('grant')).toBeNull();
  });

  it('tells its listeners of a line that breaks and comes back', async () => {
    const { bridge, line } = await signedIn();
    const seen: string[] = [];
    const stop = bridge.session.subscribe(() => seen.push(bridge.session.snapshot().connection));
    line.then(lineBroken, lineBroken, json(200, SESSION));

    await bridge.session.current();
    await bridge.session.current();
    stop();

    expect(seen[0]).toBe('unreachable');
    expect(seen.at(-1)).toBe('online');
  });
});
