/** The functions of `work.mjs`, for a worker of workerpool. */
import workerpool from "workerpool";
import * as work from "./work.mjs";

workerpool.worker({ ...work });
