/** Placeholder. */
const BUILD = "__BUILD_ID__";
self.addEventListener("install", () => BUILD);
