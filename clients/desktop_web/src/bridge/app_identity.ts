export interface AppIdentity {
  readonly version: string;
  readonly platform: 'win32' | 'darwin' | 'linux';
}

declare const __APP_VERSION__: string;

/** This build, and the system it runs on in Electron's words. */
export function appIdentity(userAgent: string): AppIdentity {
  const isMac = /Mac OS X|Macintosh/.test(userAgent);
  const platform = userAgent.includes('Windows') ? 'win32' : isMac ? 'darwin' : 'linux';
  return { version: __APP_VERSION__, platform };
}
