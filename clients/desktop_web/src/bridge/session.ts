import type {
  DeviceSession,
  Outcome,
  SessionBridge,
  SessionEndReason,
  SessionPhase,
  SessionSnapshot,
  SignInRequest,
} from '@ghasi/desktop-bridge-types';

import type { Configuration } from './configuration';
import type { Connection } from './connection';
import { outcomeOf, ProblemError } from './problem';
import { isRevocation } from './retry_rules';
import { listFrom, objectFrom, optionalText, textFrom, textsFrom } from './shapes';
import { sessionNamesFrom, tokenPairFrom, type SessionTokens } from './session_tokens';
import { newRequestId, RefusedError, type Call, type SignedCalls } from './signed_calls';

export interface SessionParts {
  readonly configuration: Configuration;
  readonly calls: SignedCalls;
  readonly tokens: SessionTokens;
}

/** Sign-in, renewal, sign-out, and what everybody else may know of them. */
export class Session implements SessionBridge {
  readonly #listeners = new Set<() => void>();
  #connection: Connection | null = null;
  #parts: SessionParts | null = null;
  #snapshot: SessionSnapshot = {
    phase: 'starting',
    endReason: null,
    connection: 'online',
    session: null,
  };

  /** Wires what is made after this object; the pieces need its callbacks first. */
  attach(parts: SessionParts, connection: Connection): void {
    this.#parts = parts;
    this.#connection = connection;
  }

  signIn(request: SignInRequest): Promise<Outcome<DeviceSession>> {
    const requestId = newRequestId();
    return outcomeOf(async () => {
      const { configuration, calls, tokens } = this.#wired;
      const url = `${configuration.iam}/api/v1/auth/login`;
      const response = await calls.send({ method: 'POST', url, requestId, body: request }, null);
      const answer: unknown = await response.json();
      await tokens.adopt(tokenPairFrom(answer), sessionNamesFrom(answer));
      return this.#openSession(requestId);
    }, requestId);
  }

  current(): Promise<Outcome<DeviceSession | null>> {
    const requestId = newRequestId();
    return outcomeOf(async () => {
      if (await this.#wired.tokens.resume()) return this.#openSession(requestId);
      if (this.#snapshot.phase === 'starting') this.#become('signed_out');
      return null;
    }, requestId);
  }

  refresh(): Promise<Outcome<null>> {
    return outcomeOf(async () => {
      await this.#noticingTheEnd(() => this.#wired.tokens.renewNow());
      return null;
    }, newRequestId());
  }

  async signOut(): Promise<void> {
    const { configuration, tokens } = this.#wired;
    const url = `${configuration.bff}${configuration.basePath}/auth/sign-out`;
    // Forgetting here does not wait for the line: whoever presses sign-out is signed out.
    await outcomeOf(() => this.send({ method: 'POST', url, requestId: newRequestId() }), '');
    await tokens.forget();
    this.#become('signed_out');
  }

  snapshot(): SessionSnapshot {
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends one call of this session; learns from a refusal that the session is over. */
  send(call: Call): Promise<Response> {
    const { calls, tokens } = this.#wired;
    return this.#noticingTheEnd(() => calls.send(call, tokens));
  }

  async #noticingTheEnd<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RefusedError && isRevocation(error.refusal)) {
        const { tokens } = this.#wired;
        // Gone from this device too: somebody signed out in another tab, and no manager did it.
        const reason = (await tokens.isKept()) ? 'revoked' : 'expired';
        await tokens.forget();
        this.end(reason);
        throw new ProblemError({ ...error.problem, kind: 'session_ended' });
      }
      // Signed out in another tab, or renewal refused: nothing is left to sign with.
      if (isSessionEnd(error) && this.#snapshot.phase === 'signed_in') this.end('expired');
      throw error;
    }
  }

  end(reason: SessionEndReason): void {
    this.#update({ phase: 'ended', endReason: reason, session: null });
  }

  connectionChanged(): void {
    this.#update({});
  }

  async #openSession(requestId: string): Promise<DeviceSession> {
    const { configuration } = this.#wired;
    const url = `${configuration.bff}${configuration.basePath}/session`;
    const response = await this.send({ method: 'GET', url, requestId });
    const session = deviceSessionFrom(await response.json());
    this.#update({ phase: 'signed_in', endReason: null, session });
    return session;
  }

  #become(phase: SessionPhase): void {
    this.#update({ phase, endReason: null, session: null });
  }

  #update(changes: Partial<SessionSnapshot>): void {
    const connection = this.#connection?.state ?? 'online';
    this.#snapshot = { ...this.#snapshot, ...changes, connection };
    for (const listener of this.#listeners) listener();
  }

  get #wired(): SessionParts {
    if (this.#parts === null)
      throw new TypeError('The session is used before the bridge is installed');
    return this.#parts;
  }
}

function isSessionEnd(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.kind === 'session_ended';
}

export function deviceSessionFrom(unchecked: unknown): DeviceSession {
  const members = objectFrom(unchecked, 'session');
  const text = (name: string): string => textFrom(members[name], name);
  const primaryPropertyId = optionalText(members['primaryPropertyId']);
  return {
    id: text('id'),
    tenantId: text('tenantId'),
    operatorId: text('operatorId'),
    deviceId: text('deviceId'),
    roles: textsFrom(members['roles'], 'roles'),
    propertyIds: textsFrom(members['propertyIds'], 'propertyIds'),
    properties: listFrom(members['properties'] ?? [], 'properties').map(namedPropertyFrom),
    ...(primaryPropertyId === null ? {} : { primaryPropertyId }),
    locale: text('locale'),
    scopeResolved: members['scopeResolved'] === true,
    expiresAt: text('expiresAt'),
    serverTime: text('serverTime'),
  };
}

function namedPropertyFrom(unchecked: unknown): { id: string; name: string } {
  const { id, name } = objectFrom(unchecked, 'property');
  return { id: textFrom(id, 'property id'), name: textFrom(name, 'property name') };
}
