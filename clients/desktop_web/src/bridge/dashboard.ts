import type {
  DashboardBridge,
  DashboardLine,
  DashboardWidget,
  Outcome,
  PropertyScope,
} from '@ghasi/desktop-bridge-types';

import { AbandonedError, NoAnswerError } from './http_exchange';
import { LineTooLongError, readLines } from './ndjson';
import { problemOf } from './problem';
import type { Session } from './session';
import {
  listFrom,
  numberFrom,
  objectFrom,
  optionalText,
  parsedJson,
  textFrom,
  UnreadableError,
  type JsonObject,
} from './shapes';
import { newRequestId } from './signed_calls';

export function dashboardBridge(session: Session, base: string): DashboardBridge {
  return { open: (scope) => openDashboard(session, base, scope) };
}

async function* openDashboard(
  session: Session,
  base: string,
  { propertyId, signal }: PropertyScope,
): AsyncGenerator<Outcome<DashboardLine>, void, undefined> {
  const requestId = newRequestId();
  const call = {
    method: 'GET',
    url: `${base}/dashboard`,
    requestId,
    propertyId,
    signal,
    accept: 'application/x-ndjson',
  } as const;
  try {
    const response = await session.send(call);
    if (response.body === null) throw new UnreadableError('A dashboard without a body');
    for await (const line of readLines(response.body)) {
      const parsed = dashboardLineFrom(parsedJson(line));
      if (parsed !== null) yield { ok: true, value: parsed };
    }
  } catch (error) {
    if (signal?.aborted === true) return;
    yield { ok: false, problem: problemOf(duringStream(error), requestId) };
  }
}

/** Once the stream runs, a broken line shows as whatever the reader throws. */
function duringStream(error: unknown): unknown {
  if (error instanceof LineTooLongError)
    return new UnreadableError('A line without an end', { cause: error });
  if (error instanceof DOMException)
    return new AbandonedError('The stream was cut', { cause: error });
  return error instanceof TypeError
    ? new NoAnswerError('The stream broke', { cause: error })
    : error;
}

/** One line, or null for a type that a later service may send and this client does not know. */
export function dashboardLineFrom(unchecked: unknown): DashboardLine | null {
  const members = objectFrom(unchecked, 'dashboard line');
  switch (members['type']) {
    case 'layout':
      return {
        type: 'layout',
        dashboardId: textFrom(members['dashboardId'], 'dashboardId'),
        businessDate: optionalText(members['businessDate']),
        widgets: listFrom(members['widgets'], 'widgets').map((widget) =>
          widgetFrom(objectFrom(widget, 'widget')),
        ),
      };
    case 'widget':
      return { type: 'widget', ...widgetFrom(members) };
    case 'summary':
      return {
        type: 'summary',
        fresh: numberFrom(members['fresh'], 'fresh'),
        stale: numberFrom(members['stale'], 'stale'),
        missing: numberFrom(members['missing'], 'missing'),
        durationMs: numberFrom(members['durationMs'], 'durationMs'),
        upstreams: objectFrom(members['upstreams'] ?? {}, 'upstreams') as Readonly<
          Record<string, number>
        >,
      };
    default:
      return null;
  }
}

const WIDGET_STATES = ['fresh', 'stale', 'pending', 'missing'] as const;
const CACHE_WORDS = ['HIT', 'MISS', 'STALE'] as const;

function widgetFrom(members: JsonObject): DashboardWidget {
  const state = WIDGET_STATES.find((known) => known === members['state']);
  if (state === undefined) throw new UnreadableError('A widget in no known state');
  const audience =
    members['audience'] === 'operator' || members['audience'] === 'property'
      ? members['audience']
      : null;
  const cache = CACHE_WORDS.find((known) => known === members['cache']);
  const reason = optionalText(members['reason']);
  return {
    id: textFrom(members['id'], 'widget id'),
    kind: textFrom(members['kind'], 'widget kind'),
    state,
    ...(audience === null ? {} : { audience }),
    ...(cache === undefined ? {} : { cache }),
    ...(typeof members['ageMs'] === 'number' ? { ageMs: members['ageMs'] } : {}),
    ...(reason === null ? {} : { reason }),
    ...('data' in members && members['data'] !== null ? { data: members['data'] } : {}),
  };
}
