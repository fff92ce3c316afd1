import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const NETWORK_GLOBALS = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'WebTransport'];
const NETWORK_MEMBERS = [...NETWORK_GLOBALS, 'sendBeacon'];
const ONLY_THE_BRIDGE =
  'Only src/bridge/http_exchange.ts talks to the network; ask window.melmastoon.';

export default tseslint.config(
  { ignores: ['dist/', 'eslint.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  reactHooks.configs.flat['recommended-latest'],
  {
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-lines': ['error', 400],
      complexity: ['error', 10],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
    },
  },
  {
    files: ['tests/**'],
    rules: { 'max-lines': ['error', 600], 'max-lines-per-function': 'off' },
  },
  {
    files: ['src/**'],
    ignores: ['src/bridge/http_exchange.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...NETWORK_GLOBALS.map((name) => ({ name, message: ONLY_THE_BRIDGE })),
      ],
      'no-restricted-properties': [
        'error',
        ...NETWORK_MEMBERS.map((property) => ({ property, message: ONLY_THE_BRIDGE })),
      ],
    },
  },
);
