/** Where the service has the engine's files; the build puts a hash of them in place of the name in capitals. */
export const ENGINE_FOLDER = "/assets/engine/__ENGINE_ID__/";
