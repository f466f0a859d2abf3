// What one service got: by device and message, and what it answered.

const NAMED_MAX = 10_000; // duplicates that a report names

/** Whether a device died, and how often each message came to it. */
export class Ledger {
  answers = {};
  accepted = 0;
  duplicates = 0;
  unexplained = 0; // duplicates though the answer to the one before was not lost
  unexplainedList = []; // {device, message, before, again}: when each was taken, in ms since 1970
  overtaken = 0; // older than what came before it with the same collapse key
  overtakenLate = 0; // of those: their client had gone while they were treated
  afterDeath = 0; // came to a device that had been said to be gone
  problems = [];
  devices = new Map();

  device(id) {
    let device = this.devices.get(id);
    if (!device) {
      device = { messages: {}, deliveries: {}, newest: new Map(), isDead: false, wasTold: false };
      this.devices.set(id, device);
    }
    return device;
  }

  /**
   * `delivery` says later whether its answer may have been lost, in `isLost()`, and now whether nobody
   * waits for it any more, in `isAbandoned()`. `group` is the collapse key.
   */
  accept(id, message, delivery, group) {
    const device = this.device(id);
    const { messages, deliveries } = device;
    messages[message] = (messages[message] ?? 0) + 1;
    this.accepted += 1;
    if (messages[message] > 1) {
      this.duplicates += 1;
      // Of one of them no answer arrived: of the one before, or of this one, which was treated slowly.
      const isExplained = deliveries[message].isLost() || delivery.isAbandoned?.();
      if (!isExplained) this.#unexplained(id, message, deliveries[message].at);
    }
    deliveries[message] = Object.assign(delivery, { at: Date.now() });
    if (group) this.#order(device.newest, group, Number(message), delivery);
  }

  #unexplained(device, message, before) {
    this.unexplained += 1;
    if (this.unexplainedList.length < NAMED_MAX) {
      this.unexplainedList.push({ device, message, before, again: Date.now() });
    }
  }

  /** Ids of one recipient's notifications ascend. */
  #order(newest, group, id, delivery) {
    if (!Number.isInteger(id)) return;
    if (id < (newest.get(group) ?? 0)) {
      this.overtaken += 1;
      if (delivery.isAbandoned?.()) this.overtakenLate += 1;
    } else {
      newest.set(group, id);
    }
  }

  /** Whether the device is gone; counts who asks again. */
  isGone(id, diesNow) {
    const device = this.device(id);
    if (device.wasTold) this.afterDeath += 1;
    device.isDead ||= diesNow;
    device.wasTold ||= device.isDead;
    return device.isDead;
  }

  answered(status) {
    this.answers[status] = (this.answers[status] ?? 0) + 1;
  }

  /** A request that breaks a rule: the first hundred are kept. */
  wrong(text) {
    if (this.problems.length < 100) this.problems.push(text);
  }

  report() {
    const devices = Object.fromEntries([...this.devices].map(([id, { messages }]) => [id, messages]));
    const dead = [...this.devices].filter(([, device]) => device.isDead).map(([id]) => id);
    const { answers, accepted, duplicates, unexplained, unexplainedList } = this;
    const { overtaken, overtakenLate, afterDeath, problems } = this;
    return {
      answers, accepted, duplicates, unexplained, unexplainedList, overtaken, overtakenLate, afterDeath,
      problems, devices, dead,
    };
  }
}
