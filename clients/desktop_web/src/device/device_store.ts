/**
 * What this device keeps between two runs, in IndexedDB: its key and its refresh token.
 *
 * The key is a non-extractable CryptoKey. The refresh token lies here in the clear, as a stand-in
 * for the operating system's keychain, which a page in plain Chromium cannot reach; without the
 * key beside it nobody can use it elsewhere, because iam binds it to the key.
 */

const DATABASE = 'melmastoon-device';
const OBJECT_STORE = 'kept';

export interface StoredKeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface Grant {
  readonly refreshToken: string;
  readonly deviceId: string;
  /** iam's name for the session; tells one person's grant from the next one's on this device. */
  readonly sessionId: string;
  /**
   * The idempotency key of a renewal whose answer never came: asking again under the same key
   * returns the same pair, so a lost answer logs nobody out.
   */
  readonly pendingRenewalKey?: string;
}

interface Kept {
  'key-pair': StoredKeyPair;
  grant: Grant;
}

export class DeviceStore {
  readonly #database: Promise<IDBDatabase>;

  constructor(factory: IDBFactory) {
    this.#database = openDatabase(factory);
  }

  async read<Name extends keyof Kept>(name: Name): Promise<Kept[Name] | null> {
    const store = await this.#objectStore('readonly');
    return ((await settled(store.get(name))) ?? null) as Kept[Name] | null;
  }

  async write<Name extends keyof Kept>(name: Name, value: Kept[Name]): Promise<void> {
    const store = await this.#objectStore('readwrite');
    await settled(store.put(value, name));
  }

  /** Writes unless something is there already; answers what is there afterwards. */
  async writeOnce<Name extends keyof Kept>(name: Name, value: Kept[Name]): Promise<Kept[Name]> {
    const store = await this.#objectStore('readwrite');
    // One transaction: of two tabs that start together, the second finds the first one's key.
    const present = (await settled(store.get(name))) as Kept[Name] | undefined;
    if (present !== undefined) return present;
    await settled(store.put(value, name));
    return value;
  }

  async remove(name: keyof Kept): Promise<void> {
    const store = await this.#objectStore('readwrite');
    await settled(store.delete(name));
  }

  async #objectStore(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    return (await this.#database).transaction(OBJECT_STORE, mode).objectStore(OBJECT_STORE);
  }
}

function openDatabase(factory: IDBFactory): Promise<IDBDatabase> {
  const request = factory.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(OBJECT_STORE);
  return settled(request);
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB failed without saying why'));
    };
  });
}
