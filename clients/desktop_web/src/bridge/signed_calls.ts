import type { CorrectedClock } from '../device/corrected_clock';
import type { DeviceKey } from '../device/device_key';
import { signProof } from '../device/proof';
import { newUlid } from '../device/ulid';
import type { AppIdentity } from './app_identity';
import { NoAnswerError, type HttpExchange } from './http_exchange';
import { problemFrom, ProblemError, readRefusal, type Refusal } from './problem';
import { ATTEMPTS_MAX, remedyFor, type Remedy } from './retry_rules';

export const CALL_TIMEOUT_MILLISECONDS = 15_000;

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly requestId: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly propertyId?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The access token of a call, and how to get a better one. */
export interface Credentials {
  readonly deviceId: string;
  accessToken(): Promise<string>;
  /** Replaces `refusedToken`, unless somebody else did so meanwhile. */
  renew(refusedToken: string): Promise<void>;
}

/** A last refusal, after every remedy. */
export class RefusedError extends ProblemError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, requestId: string) {
    super(problemFrom(refusal, requestId));
    this.refusal = refusal;
  }
}

export interface SignedCallsParts {
  readonly exchange: HttpExchange;
  readonly key: DeviceKey;
  readonly clock: CorrectedClock;
  readonly app: AppIdentity;
  /** The service's time, for a refused proof where the refusal told none. */
  readonly askTime: () => Promise<string | null>;
}

/**
 * Sends calls with a proof each (RFC 9449) and mends what can be mended: clock, nonce, token, line.
 *
 * A retry always signs anew, because what was refused late has spent its proof; it keeps the
 * idempotency key, so that a lost answer never acts twice.
 */
export class SignedCalls {
  readonly #parts: SignedCallsParts;
  readonly #nonces = new Map<string, string>();

  constructor(parts: SignedCallsParts) {
    this.#parts = parts;
  }

  /** The first answer below 400. Throws RefusedError or NoAnswerError once no remedy is left. */
  async send(call: Call, credentials: Credentials | null): Promise<Response> {
    const spent = new Set<Remedy>();
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const accessToken = await credentials?.accessToken();
      const response = await this.#attempt(call, accessToken, credentials?.deviceId).catch(
        (error: unknown) => {
          if (!(error instanceof NoAnswerError) || spent.has('ask_again') || !mayBeRepeated(call))
            throw error;
          spent.add('ask_again');
          return null;
        },
      );
      if (response === null) continue;
      const nonceReceived = this.#keepNonce(call.url, response);
      if (response.ok) return response;
      const refusal = await readRefusal(response);
      const remedy = remedyFor(refusal, {
        spent,
        nonceReceived,
        carriesToken: accessToken !== undefined,
      });
      if (remedy === null) throw new RefusedError(refusal, call.requestId);
      spent.add(remedy);
      await this.#apply(remedy, refusal, accessToken, credentials);
    }
    throw new NoAnswerError('No answer after every remedy');
  }

  async #attempt(
    call: Call,
    accessToken: string | undefined,
    deviceId: string | undefined,
  ): Promise<Response> {
    const { exchange, key, clock, app } = this.#parts;
    const proof = await signProof(key, {
      method: call.method,
      url: call.url,
      issuedAtMilliseconds: clock.now(),
      accessToken,
      nonce: this.#nonces.get(new URL(call.url).origin),
    });
    return exchange({
      method: call.method,
      url: call.url,
      headers: headersOf(call, proof, { accessToken, deviceId, app }),
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      timeoutMilliseconds: CALL_TIMEOUT_MILLISECONDS,
      signal: call.signal,
    });
  }

  /** RFC 9449 §8.2: a nonce may come with any answer, and the newest one counts. */
  #keepNonce(url: string, response: Response): boolean {
    const nonce = response.headers.get('DPoP-Nonce');
    if (nonce !== null) this.#nonces.set(new URL(url).origin, nonce);
    return nonce !== null;
  }

  async #apply(
    remedy: Remedy,
    refusal: Refusal,
    accessToken: string | undefined,
    credentials: Credentials | null,
  ): Promise<void> {
    const time = await this.#timeFor(remedy, refusal);
    if (time !== null) this.#parts.clock.correct(time);
    if (remedy === 'renew_token' && accessToken !== undefined)
      await credentials?.renew(accessToken);
  }

  async #timeFor(remedy: Remedy, refusal: Refusal): Promise<string | null> {
    if (remedy === 'correct_clock') return refusal.serverTime;
    return remedy === 'fresh_proof' ? this.#parts.askTime() : null;
  }
}

interface Caller {
  readonly accessToken: string | undefined;
  readonly deviceId: string | undefined;
  readonly app: AppIdentity;
}

/** A mutation without a key could act twice; a read or a keyed mutation cannot. */
function mayBeRepeated(call: Call): boolean {
  return call.method === 'GET' || call.idempotencyKey !== undefined;
}

function headersOf(
  call: Call,
  proof: string,
  { accessToken, deviceId, app }: Caller,
): Record<string, string> {
  const headers: Record<string, string> = {
    Accept: call.accept ?? 'application/json',
    DPoP: proof,
    'X-Request-Id': call.requestId,
  };
  if (accessToken !== undefined) headers['Authorization'] = `DPoP ${accessToken}`;
  if (deviceId !== undefined) {
    headers['X-Device-Id'] = deviceId;
    headers['X-App-Version'] = app.version;
    headers['X-App-Platform'] = app.platform;
  }
  if (call.body !== undefined) headers['Content-Type'] = 'application/json';
  if (call.idempotencyKey !== undefined) headers['X-Idempotency-Key'] = call.idempotencyKey;
  if (call.propertyId !== undefined) headers['X-Property-Id'] = call.propertyId;
  return headers;
}

/** Bare ULID: the service keeps it, so both sides name one request alike. */
export function newRequestId(): string {
  return newUlid();
}
