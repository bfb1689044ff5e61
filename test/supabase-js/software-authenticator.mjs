// A browser and a security key in one: makes an ES256 key and signs with it, as WebAuthn wants it.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const userPresent = 0x01
const userVerified = 0x04
const hasCredential = 0x40

const sha256 = (bytes) => createHash('sha256').update(bytes).digest()
const base64url = (bytes) => Buffer.from(bytes).toString('base64url')

/** CBOR of what keys and attestations are made of: whole numbers, text, bytes and maps. */
function cbor(value) {
  const head = (kind, size) =>
    size < 24 ? Buffer.of((kind << 5) | size) : size < 256 ? Buffer.of((kind << 5) | 24, size) : Buffer.of((kind << 5) | 25, size >> 8, size & 255)
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)])
  return Buffer.concat([head(2, value.length), value])
}

export function softwareAuthenticator({ rpId = 'localhost', origin = 'http://localhost:5173' } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const key = cbor(new Map([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x, 'base64url')], [-3, Buffer.from(y, 'base64url')]]))
  const id = randomBytes(32)
  let userHandle
  let count = 0

  const clientData = (type, challenge) => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const data = (flags, rest = Buffer.alloc(0)) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    return Buffer.concat([sha256(rpId), Buffer.of(flags), counter, rest])
  }
  const credential = (response) => ({
    id: base64url(id), rawId: base64url(id), type: 'public-key', response, clientExtensionResults: {}, authenticatorAttachment: 'cross-platform',
  })

  return {
    create(options) {
      userHandle = options.user.id
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, id.length), id, key])
      return credential({
        clientDataJSON: base64url(clientData('webauthn.create', options.challenge)),
        attestationObject: base64url(cbor(new Map([
          ['fmt', 'none'], ['attStmt', new Map()], ['authData', data(userPresent | userVerified | hasCredential, attested)]]))),
        transports: ['usb'],
      })
    },
    get(options) {
      count += 1
      const [signed, client] = [data(userPresent | userVerified), clientData('webauthn.get', options.challenge)]
      return credential({
        clientDataJSON: base64url(client),
        authenticatorData: base64url(signed),
        signature: base64url(sign('sha256', Buffer.concat([signed, sha256(client)]), privateKey)),
        userHandle,
      })
    },
  }
}
