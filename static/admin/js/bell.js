// The bell of the back office: the same one as on every page.
import { start } from "../../js/bell.js";
import { pageLive } from "../../js/live.js";

const live = pageLive();
if (live && start(live)) live.connect();
