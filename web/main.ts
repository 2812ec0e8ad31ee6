/** The page: starts everything. */
document.documentElement.classList.add("ready");
