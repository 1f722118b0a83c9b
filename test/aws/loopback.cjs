// Loaded before a program that listens on every address: here it listens on loopback only.
const { Server } = require('node:net')
const listen = Server.prototype.listen
Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'object' && args[0] !== null && args[0].path === undefined) {
    return listen.call(this, { ...args[0], host: '127.0.0.1' }, ...args.slice(1))
  }
  if (typeof args[0] !== 'number') return listen.apply(this, args)
  const rest = args.slice(typeof args[1] === 'string' ? 2 : 1)
  return listen.call(this, args[0], '127.0.0.1', ...rest)
}
