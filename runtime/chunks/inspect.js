export { formatWith } from "../inspect/format.js";
export {
  completeOptions, customInspect, defaultOptions, inspect, inspectWith,
} from "../inspect/inspect.js";
export {
  ARGUMENTS, ARRAY_BUFFER, ASYNC, BIGINT_OBJECT, BOOLEAN_OBJECT, DATA_VIEW, DATE,
  ERROR, EXTERNAL, functionKind, GENERATOR, GENERATOR_FUNCTION, insideOf, isProxy,
  kindOf, MAP, MAP_ITERATOR, MODULE, NUMBER_OBJECT, PROMISE, PROXY, REGEXP, SET,
  SET_ITERATOR, SHARED_ARRAY_BUFFER, STRING_OBJECT, SYMBOL_OBJECT, TYPED_ARRAY,
  WEAK_MAP, WEAK_SET,
} from "../inspect/kinds.js";
export { isIndex } from "../inspect/parts.js";
