/** What the page says to its service worker when it is idle: keep the samples and the engine, too. */
export const KEEP_REST = "keep the rest";
