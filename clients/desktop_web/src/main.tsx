import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { installBridge } from './bridge/install';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/dashboard.css';
import './styles/arrivals.css';

async function start(container: HTMLElement): Promise<void> {
  const root = createRoot(container);
  try {
    await installBridge(window);
  } catch (error) {
    const { StartFailedScreen } = await import('./screens/start_failed_screen');
    root.render(<StartFailedScreen />);
    throw error;
  }
  // Loaded after the bridge: the screens take window.melmastoon for granted.
  const { App } = await import('./app');
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

const container = document.getElementById('root');
if (container === null) throw new Error('The page has no #root');
void start(container);
