// How the two branches of a tee are cancelled: the source is when both are.

import { createSafeDeferred, settleWith } from "./promises.js";
import { cancelStream } from "./readable-ops.js";

export class TeeCancel {
  canceled1 = false;
  canceled2 = false;
  #stream;
  #reason1 = undefined;
  #reason2 = undefined;
  #deferred = createSafeDeferred();

  constructor(stream) {
    this.#stream = stream;
  }

  // The cancel algorithms of the branches.
  cancel1(reason) {
    this.canceled1 = true;
    this.#reason1 = reason;
    if (this.canceled2) this.#cancelBoth();
    return this.#deferred.promise;
  }

  cancel2(reason) {
    this.canceled2 = true;
    this.#reason2 = reason;
    if (this.canceled1) this.#cancelBoth();
    return this.#deferred.promise;
  }

  #cancelBoth() {
    this.cancelSource([this.#reason1, this.#reason2]);
  }

  cancelSource(reason) {
    settleWith(this.#deferred, cancelStream(this.#stream, reason));
  }

  // The source is closed or errored.
  sourceEnded() {
    if (!this.canceled1 || !this.canceled2) this.#deferred.resolve(undefined);
  }
}
