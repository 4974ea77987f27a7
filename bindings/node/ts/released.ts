/** Handles whose owners were collected: they are closed then. */

type Close = (handle: bigint) => void

class Registry {
  private close: Close | undefined
  private readonly registry = new FinalizationRegistry<bigint>((handle) => this.close?.(handle))

  register(owner: object, handle: bigint): void {
    this.registry.register(owner, handle, owner)
  }

  unregister(owner: object): void {
    this.registry.unregister(owner)
  }

  /** How a handle is closed; set once, by the module that loads the addon. */
  closeWith(close: Close): void {
    this.close = close
  }
}

/** A client of the core, which lives as long as anything that calls through it. */
export class ClientOwner {
  constructor(readonly handle: bigint) {
    released.clients.register(this, handle)
  }
}

export const released = { errors: new Registry(), clients: new Registry(), servers: new Registry(), streams: new Registry() }
