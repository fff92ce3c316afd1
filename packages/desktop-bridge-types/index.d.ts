/**
 * The surface of `window.melmastoon`: the renderer's only way to the network.
 *
 * Every answer is plain data (no class instances, no exceptions), so that the same surface can
 * cross Electron's contextBridge. A method stands here only once it does something.
 */

export interface DesktopBridge {
  readonly session: SessionBridge;
  readonly dashboard: DashboardBridge;
  readonly workbench: WorkbenchBridge;
  readonly reservations: ReservationsBridge;
  readonly locks: LocksBridge;
  readonly activities: ActivitiesBridge;
}

/** Success with its value, or a problem that can be shown to a person. Never throws. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: BridgeProblem };

export type ProblemKind =
  /** The service answered and said no. */
  | "refused"
  /** Nothing came back: no network, or the service did not answer in time. */
  | "unreachable"
  /** The session is over; the person has to sign in again. */
  | "session_ended"
  /** An answer came that this client cannot read. */
  | "unreadable";

export interface BridgeProblem {
  readonly kind: ProblemKind;
  /** Wire code such as `MELMASTOON.BFF.BACKOFFICE.VERSION_CONFLICT`; null where nothing answered. */
  readonly code: string | null;
  readonly status: number | null;
  readonly userMessageKey: string | null;
  /** The service's own sentence, safe to show; in English, so only where no key is known. */
  readonly detail: string | null;
  /** The id to quote to support. The client mints it, so there always is one. */
  readonly requestId: string;
  readonly retriable: boolean;
  readonly retryAfterSeconds: number | null;
  readonly fields: readonly { readonly field: string; readonly code: string }[];
}

export type SessionPhase = "starting" | "signed_out" | "signed_in" | "ended";

export type SessionEndReason =
  /** The refresh token is no longer good: too old, or used elsewhere. */
  | "expired"
  /** A manager or the platform ended this session. */
  | "revoked";

export type ConnectionState =
  | "online"
  /** The machine itself has no network. */
  | "offline"
  /** The network is up and the service did not answer the last request. */
  | "unreachable";

export interface SessionSnapshot {
  readonly phase: SessionPhase;
  readonly endReason: SessionEndReason | null;
  readonly connection: ConnectionState;
  readonly session: DeviceSession | null;
}

export interface DeviceSession {
  readonly id: string;
  readonly tenantId: string;
  readonly operatorId: string;
  readonly deviceId: string;
  readonly roles: readonly string[];
  readonly propertyIds: readonly string[];
  /** Those of `propertyIds` whose names the service had at hand; more may come with a later answer. */
  readonly properties: readonly {
    readonly id: string;
    readonly name: string;
  }[];
  readonly primaryPropertyId?: string;
  readonly locale: string;
  readonly scopeResolved: boolean;
  readonly expiresAt: string;
  readonly serverTime: string;
}

export interface SignInRequest {
  readonly username: string;
  readonly password: string;
  readonly deviceName?: string;
}

export interface SessionBridge {
  readonly signIn: (request: SignInRequest) => Promise<Outcome<DeviceSession>>;
  /** Resumes a kept session, if there is one, and asks the service what it knows of it. */
  readonly current: () => Promise<Outcome<DeviceSession | null>>;
  /** Renews the access token. Callers that arrive while one renewal is under way share it. */
  readonly refresh: () => Promise<Outcome<null>>;
  /** Forgets the session here, whatever the service says about ending it there. */
  readonly signOut: () => Promise<void>;
  readonly snapshot: () => SessionSnapshot;
  /** Calls `listener` after every change; the answer unsubscribes. */
  readonly subscribe: (listener: () => void) => () => void;
}

export interface PropertyScope {
  readonly propertyId: string;
  /** Aborts the request; nothing more is reported. */
  readonly signal?: AbortSignal;
}

export type WidgetState = "fresh" | "stale" | "pending" | "missing";

export interface DashboardWidget {
  readonly id: string;
  readonly kind: string;
  readonly audience?: "property" | "operator";
  readonly state: WidgetState;
  readonly cache?: "HIT" | "MISS" | "STALE";
  readonly ageMs?: number;
  readonly reason?: string;
  readonly data?: unknown;
}

export type DashboardLine =
  | {
      readonly type: "layout";
      readonly dashboardId: string;
      readonly businessDate: string | null;
      readonly widgets: readonly DashboardWidget[];
    }
  | ({ readonly type: "widget" } & DashboardWidget)
  | {
      readonly type: "summary";
      readonly fresh: number;
      readonly stale: number;
      readonly missing: number;
      readonly durationMs: number;
      readonly upstreams: Readonly<Record<string, number>>;
    };

export interface DashboardBridge {
  /** Lines as they arrive, each once. A problem is the last item, if there is one. */
  readonly open: (
    scope: PropertyScope,
  ) => AsyncIterable<Outcome<DashboardLine>>;
}

/** One unit is 1,000,000 micro; the amount is a decimal string and never a JSON number. */
export interface Money {
  readonly amountMicro: string;
  readonly currency: string;
}

export interface Arrival {
  readonly id: string;
  readonly code: string;
  readonly state: string;
  readonly version: number;
  readonly guest: { readonly id: string; readonly displayName: string };
  /** Property-local calendar dates, `YYYY-MM-DD`. */
  readonly arrivalDate: string;
  readonly departureDate: string;
  readonly roomTypeId: string;
  readonly roomId?: string;
  /** What is on the door; absent while housekeeping has not told it. */
  readonly roomNumber?: string;
  readonly roomStatus?: string;
  /** Absent when billing could not be asked; `partial` then says so. */
  readonly balance?: Money;
  readonly flags: readonly string[];
}

export interface ArrivalsPage {
  readonly items: readonly Arrival[];
  readonly nextCursor: string | null;
  readonly businessDate: string;
  /** Names of the parts that could not be had; their fields are absent in the items. */
  readonly partial: readonly string[];
}

export interface WorkbenchBridge {
  readonly arrivals: (
    scope: PropertyScope & { readonly cursor?: string },
  ) => Promise<Outcome<ArrivalsPage>>;
}

export interface CheckInRequest {
  /** A ULID that names this one intent. The same id never checks in twice. */
  readonly commandId: string;
  readonly propertyId: string;
  readonly reservationId: string;
  /** Absent: the reservation's room, else the first ready one of its type. */
  readonly roomId?: string;
  readonly documentVerified: boolean;
  readonly note?: string;
}

export type CheckInResult =
  | {
      readonly status: "succeeded";
      readonly reservation: {
        readonly id: string;
        readonly state: string;
        readonly roomId: string;
        /** There where the service chose the room. */
        readonly roomNumber?: string;
        readonly version: number;
      };
      readonly activityId: string;
    }
  | { readonly status: "outcome_pending"; readonly activityId: string };

export interface ReservationsBridge {
  /** A fresh id for one intent; keep it for every retry of that intent. */
  readonly newCommandId: () => string;
  readonly checkIn: (
    request: CheckInRequest,
  ) => Promise<Outcome<CheckInResult>>;
}

export interface Lock {
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly health: string;
  /** Of `mobile_app pin_code rfid_card qr_code nfc_tag`. */
  readonly supportedKinds: readonly string[];
}

export interface IssueKeyRequest {
  /** A ULID that names this one intent. The same id never issues two keys. */
  readonly commandId: string;
  readonly propertyId: string;
  readonly lockId: string;
  readonly reservationId: string;
  readonly kind: string;
  /** RFC 3339 with an offset. */
  readonly validFrom: string;
  readonly validUntil: string;
}

export type IssueKeyResult =
  | {
      readonly status: "succeeded";
      readonly credential: {
        readonly id: string;
        readonly kind: string;
        readonly state: string;
        readonly vendor: string;
      };
      readonly auditId: string;
      readonly activityId: string;
    }
  | { readonly status: "outcome_pending"; readonly activityId: string };

export interface LocksBridge {
  /** A fresh id for one intent; keep it for every retry of that intent. */
  readonly newCommandId: () => string;
  readonly ofRoom: (
    scope: PropertyScope & { readonly roomId: string },
  ) => Promise<Outcome<readonly Lock[]>>;
  readonly issueKey: (
    request: IssueKeyRequest,
  ) => Promise<Outcome<IssueKeyResult>>;
}

export type ActivityState =
  | "in_flight"
  | "outcome_pending"
  | "succeeded"
  | "refused"
  | "not_performed"
  | "parked";

export interface Activity {
  readonly state: ActivityState;
  readonly result?: unknown;
}

export interface ActivitiesBridge {
  readonly get: (
    activityId: string,
    options?: { readonly signal?: AbortSignal },
  ) => Promise<Outcome<Activity>>;
}

declare global {
  interface Window {
    readonly melmastoon: DesktopBridge;
  }
}
