import 'fake-indexeddb/auto';
import type { DashboardLine, Outcome } from '@ghasi/desktop-bridge-types';
import { describe, expect, it } from 'vitest';

import { parseConfiguration } from '../../src/bridge/configuration';
import { buildBridge } from '../../src/bridge/install';
import { CorrectedClock } from '../../src/device/corrected_clock';
import { DeviceStore } from '../../src/device/device_store';
import { FakeExchange, json, refusal, type Reply } from '../fake_exchange';

const BASE = 'https://bff.example/bff/backoffice/v1';
const COMMAND = {
  commandId: '01ARYZ6S41TSV4RRFFQ69G5FAX',
  propertyId: 'prop_1',
  reservationId: 'rsv_1',
  roomId: 'rmu_1',
  documentVerified: true,
  note: '',
};
const ARRIVAL = {
  id: 'rsv_1',
  code: 'K7Q2',
  state: 'confirmed',
  version: 3,
  guest: { id: 'gst_1', displayName: 'سارا احمدی' },
  arrivalDate: '2026-11-24',
  departureDate: '2026-11-27',
  roomTypeId: 'rty_1',
  balance: { amountMicro: '12500000', currency: 'USD' },
  flags: ['vip'],
};

/** A bridge that is signed in already; `line` then serves the replies. */
async function bridgeWith(...replies: Reply[]) {
  const store = new DeviceStore(new IDBFactory());
  await store.write('grant', { refreshToken: 'r', deviceId: 'dev_1', sessionId: 'sid_1' });
  const line = new FakeExchange(
    json(200, { accessToken: 'a', expiresIn: 900, refreshToken: 'r2' }),
    ...replies,
  );
  const { bridge } = await buildBridge({
    configuration: {
      bff: 'https://bff.example',
      iam: 'https://iam.example',
      basePath: '/bff/backoffice/v1',
    },
    exchange: line.exchange,
    store,
    clock: new CorrectedClock(Date.now),
    app: { version: '1.2.3', platform: 'linux' },
    isMachineOnline: () => true,
  });
  await bridge.session.current().catch(() => undefined);
  return { bridge, line };
}

const SESSION = json(200, {
  id: 'bos_1',
  tenantId: 'tnt_1',
  operatorId: 'opr_1',
  deviceId: 'dev_1',
  roles: [],
  propertyIds: [],
  locale: 'en',
  scopeResolved: false,
  expiresAt: '',
  serverTime: '',
});

async function collected(
  lines: AsyncIterable<Outcome<DashboardLine>>,
): Promise<Outcome<DashboardLine>[]> {
  const all: Outcome<DashboardLine>[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

function streamed(...lines: unknown[]): Reply {
  return () => new Response(lines.map((line) => JSON.stringify(line)).join('\n'), { status: 200 });
}

describe('workbench.arrivals', () => {
  it('names the property in the header and never a guest in the URL', async () => {
    const page = {
      items: [ARRIVAL],
      nextCursor: 'c 1',
      businessDate: '2026-11-24',
      partial: ['billing'],
    };
    const { bridge, line } = await bridgeWith(
      SESSION,
      json(200, page),
      json(200, { ...page, nextCursor: null }),
    );

    const first = await bridge.workbench.arrivals({ propertyId: 'prop_1' });
    await bridge.workbench.arrivals({ propertyId: 'prop_1', cursor: 'c 1' });

    expect(first).toEqual({ ok: true, value: page });
    expect(line.requests.slice(2).map(({ url }) => url)).toEqual([
      `${BASE}/arrivals?limit=100`,
      `${BASE}/arrivals?limit=100&cursor=c+1`,
    ]);
    expect(line.header(2, 'X-Property-Id')).toBe('prop_1');
  });

  it('refuses to show a list it cannot read', async () => {
    const { bridge } = await bridgeWith(
      SESSION,
      json(200, { items: [{ id: 7 }], businessDate: '2026-11-24' }),
    );

    const outcome = await bridge.workbench.arrivals({ propertyId: 'prop_1' });

    expect(outcome).toMatchObject({ ok: false, problem: { kind: 'unreadable' } });
  });
});

describe('reservations.checkIn', () => {
  it('sends the command’s id as idempotency key', async () => {
    const done = {
      reservation: {
        id: 'rsv_1',
        state: 'checked_in',
        roomId: 'rmu_1',
        roomNumber: '204',
        version: 4,
      },
      activityId: 'act_1',
    };
    const { bridge, line } = await bridgeWith(SESSION, json(200, done));

    const outcome = await bridge.reservations.checkIn(COMMAND);

    expect(outcome).toEqual({ ok: true, value: { status: 'succeeded', ...done } });
    expect(line.requests[2]).toMatchObject({
      method: 'POST',
      url: `${BASE}/reservations/rsv_1/check-in`,
    });
    expect(line.header(2, 'X-Idempotency-Key')).toBe(COMMAND.commandId);
    expect(line.body(2)).toEqual({ roomId: 'rmu_1', documentVerified: true });
  });

  it('tells an outcome that is not known yet from a success', async () => {
    const pending = {
      status: 'outcome_pending',
      activityId: 'act_1',
      statusUrl: '/bff/backoffice/v1/activities/act_1',
    };
    const { bridge } = await bridgeWith(SESSION, json(202, pending));

    const outcome = await bridge.reservations.checkIn(COMMAND);

    expect(outcome).toEqual({
      ok: true,
      value: { status: 'outcome_pending', activityId: 'act_1' },
    });
  });

  it('hands a refusal on with what the service said', async () => {
    const { bridge } = await bridgeWith(SESSION, refusal(409, 'RESERVATION_STATE'));

    const outcome = await bridge.reservations.checkIn(COMMAND);

    expect(outcome).toMatchObject({
      ok: false,
      problem: { kind: 'refused', status: 409, retriable: false },
    });
  });
});

describe('activities.get', () => {
  it('asks at an address of its own making', async () => {
    const { bridge, line } = await bridgeWith(SESSION, json(200, { state: 'parked' }));

    const outcome = await bridge.activities.get('act_1/../../evil');

    expect(outcome).toEqual({ ok: true, value: { state: 'parked' } });
    expect(line.requests[2]?.url).toBe(`${BASE}/activities/act_1%2F..%2F..%2Fevil`);
  });
});

describe('dashboard.open', () => {
  const layout = {
    type: 'layout',
    dashboardId: 'dsh_1',
    businessDate: '2026-11-24',
    widgets: [{ id: 'in_house', kind: 'in_house', audience: 'property', state: 'pending' }],
  };
  const widget = {
    type: 'widget',
    id: 'in_house',
    kind: 'in_house',
    state: 'fresh',
    cache: 'MISS',
    data: { reservations: 3 },
  };
  const summary = {
    type: 'summary',
    fresh: 1,
    stale: 0,
    missing: 0,
    durationMs: 12,
    upstreams: { reservation: 9 },
  };

  it('gives the lines out in order, passing over kinds of line it does not know', async () => {
    const { bridge, line } = await bridgeWith(
      SESSION,
      streamed(layout, { type: 'advice' }, widget, summary),
    );

    const lines = await collected(bridge.dashboard.open({ propertyId: 'prop_1' }));

    expect(lines).toEqual([layout, widget, summary].map((value) => ({ ok: true, value })));
    expect(line.header(2, 'Accept')).toBe('application/x-ndjson');
  });

  it('ends with a problem when a line cannot be read', async () => {
    const { bridge } = await bridgeWith(
      SESSION,
      () => new Response(`${JSON.stringify(layout)}\n{"type":"wid`, { status: 200 }),
    );

    const lines = await collected(bridge.dashboard.open({ propertyId: 'prop_1' }));

    expect(lines.map(({ ok }) => ok)).toEqual([true, false]);
    expect(lines[1]).toMatchObject({ problem: { kind: 'unreadable' } });
  });

  it('ends with a problem when the line breaks part-way', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`${JSON.stringify(layout)}\n`));
      },
      pull(controller) {
        controller.error(new TypeError('network error'));
      },
    });
    const { bridge } = await bridgeWith(SESSION, () => new Response(broken, { status: 200 }));

    const lines = await collected(bridge.dashboard.open({ propertyId: 'prop_1' }));

    expect(lines.at(-1)).toMatchObject({ ok: false, problem: { kind: 'unreachable' } });
  });

  it('says nothing when the caller has left', async () => {
    const { bridge } = await bridgeWith(SESSION);
    const leaving = new AbortController();
    leaving.abort();

    expect(
      await collected(bridge.dashboard.open({ propertyId: 'prop_1', signal: leaving.signal })),
    ).toEqual([]);
  });
});

describe('the configuration', () => {
  it('takes origins and a base path, without a slash too many', () => {
    expect(
      parseConfiguration({
        bff: 'http://127.0.0.1:8083/',
        iam: 'http://127.0.0.1:8090',
        basePath: '/bff/backoffice/v1/',
      }),
    ).toEqual({
      bff: 'http://127.0.0.1:8083',
      iam: 'http://127.0.0.1:8090',
      basePath: '/bff/backoffice/v1',
    });
  });

  it.each([[null], [{}], [{ bff: 'nonsense', iam: 'http://127.0.0.1', basePath: '' }]])(
    'refuses %o',
    (content) => {
      expect(() => parseConfiguration(content)).toThrow();
    },
  );
});
