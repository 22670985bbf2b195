// What code that is always there asks of MessagePorts, whose class is loaded
// when it is first used.

let is = () => false;

export const isMessagePort = (value) => is(value);

export function provideMessagePorts(isPort) {
  is = isPort;
}
