/** The page without a network: has the service worker keep it. */
import { KEEP_REST } from "./keep.ts";

/** How long the page must have been left alone before its samples and the engine are loaded for later, in milliseconds. */
const PAUSE = 4000;

/** Whether the browser was told to be sparing with data. */
function isSparing(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}

/**
 * Has this page kept for when there is no network, and, after a pause, its samples and the engine too, unless the
 * browser was told to be sparing with data. Never fails: a browser that keeps nothing shows the page as well.
 */
export async function keepForOffline(pause = PAUSE): Promise<void> {
  try {
    await navigator.serviceWorker.register("/service_worker.js");
    const registration = await navigator.serviceWorker.ready;
    if (isSparing()) return;
    await new Promise((done) => setTimeout(done, pause));
    registration.active?.postMessage(KEEP_REST);
  } catch {
    // no service workers here, or storage is full or forbidden
  }
}
