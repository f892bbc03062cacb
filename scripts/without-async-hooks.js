// Loaded before a test file. tap follows every promise by an async hook, to tell to which of several tests in a process
// an error belongs that nobody catches. That costs a third of the CPU of our random tests. Our tests of one file run
// one after the other, so such an error ends the process and fails its file, with the stack on stderr.
import hooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

const { createHook } = hooks
hooks.createHook = () => createHook({})
syncBuiltinESMExports()
