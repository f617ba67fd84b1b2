import * as module from "../../mod.ts";
import { has } from "../helpers/capabilities.ts";
import { testContext } from "./context_cases.ts";

if (has.asyncLocalStorage) testContext("AsyncLocalStorage", module, true);
else testContext("the module itself, as there is nothing else", module, false);
