/** Hostile requests to the service: answered, or refused in one sentence. */
import { testTargets } from "./run-targets.js";
import { SERVICE_TARGETS } from "./targets/service.js";

testTargets(SERVICE_TARGETS);
