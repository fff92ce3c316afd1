import type { BridgeProblem, Outcome } from '@ghasi/desktop-bridge-types';

import { AbandonedError, NoAnswerError } from './http_exchange';
import { isObject, optionalText, UnreadableError, type JsonObject } from './shapes';

/** A problem on its way to the edge of the bridge, where `outcomeOf` makes plain data of it. */
export class ProblemError extends Error {
  readonly problem: BridgeProblem;

  constructor(problem: BridgeProblem) {
    super(problem.code ?? problem.kind);
    this.problem = problem;
  }
}

/** A refusal as it came, with what the retry rules look at. */
export interface Refusal {
  readonly status: number;
  /** The `error` of `WWW-Authenticate: DPoP` (RFC 9449 §7.1), such as `use_dpop_nonce`. */
  readonly challenge: string | null;
  readonly serverTime: string | null;
  readonly body: JsonObject;
  readonly retryAfterSeconds: number | null;
}

/** Reads a refusal; a body that is no JSON leaves the status to speak. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const parsed: unknown = await response.json().catch(() => null);
  const whole = isObject(parsed) ? parsed : {};
  // The service wraps its problems in `error`; iam sends the flat form of RFC 9457.
  const body = isObject(whole['error']) ? whole['error'] : whole;
  const challenge = /\berror="([^"]+)"/.exec(response.headers.get('WWW-Authenticate') ?? '')?.[1];
  return {
    status: response.status,
    challenge: challenge ?? optionalText(whole['error']),
    // iam tells its time in `Date` alone; the service says it in the body too.
    serverTime: optionalText(body['serverTime']) ?? response.headers.get('Date'),
    body,
    retryAfterSeconds:
      secondsFrom(response.headers.get('Retry-After')) ?? secondsFrom(body['retryAfter']),
  };
}

export function problemFrom(refusal: Refusal, requestId: string): BridgeProblem {
  const { body, status } = refusal;
  const fields = Array.isArray(body['errors']) ? body['errors'].filter(isObject) : [];
  return {
    kind: 'refused',
    code: optionalText(body['code']) ?? refusal.challenge,
    status,
    userMessageKey: optionalText(body['userMessageKey']),
    detail: optionalText(body['detail']),
    requestId: optionalText(body['requestId']) ?? requestId,
    retriable: body['retriable'] === true || status === 429 || status === 503,
    retryAfterSeconds: refusal.retryAfterSeconds,
    fields: fields.map((field) => ({
      field: optionalText(field['field']) ?? '',
      code: optionalText(field['code']) ?? '',
    })),
  };
}

export function problemOfKind(kind: BridgeProblem['kind'], requestId: string): BridgeProblem {
  return {
    kind,
    code: null,
    status: null,
    userMessageKey: null,
    detail: null,
    requestId,
    retriable: kind === 'unreachable',
    retryAfterSeconds: null,
    fields: [],
  };
}

/** Runs one bridge method; what it throws becomes plain data. */
export async function outcomeOf<Value>(
  work: () => Promise<Value>,
  requestId: string,
): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, problem: problemOf(error, requestId) };
  }
}

export function problemOf(error: unknown, requestId: string): BridgeProblem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof NoAnswerError || error instanceof AbandonedError)
    return problemOfKind('unreachable', requestId);
  if (error instanceof UnreadableError || error instanceof SyntaxError)
    return problemOfKind('unreadable', requestId);
  throw error;
}

function secondsFrom(value: unknown): number | null {
  const seconds = typeof value === 'string' ? Number.parseInt(value, 10) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
