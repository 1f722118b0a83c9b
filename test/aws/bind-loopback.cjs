// Preloaded into servers that would listen on every interface: whatever they ask for, they get 127.0.0.1.
const { Server } = require('node:net')

const { listen } = Server.prototype

Server.prototype.listen = function (...args) {
  const [first, ...rest] = args
  if (typeof first === 'object' && first !== null && 'port' in first) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
  }
  if (typeof first !== 'number' && typeof first !== 'string') return listen.apply(this, args)
  const others = typeof rest[0] === 'string' ? rest.slice(1) : rest
  return listen.call(this, Number(first), '127.0.0.1', ...others)
}
