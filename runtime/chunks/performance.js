export {
  Performance, performance, PerformanceEntry, PerformanceMark, PerformanceMeasure,
} from "../web/performance.js";
