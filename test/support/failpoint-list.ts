import type { ArmedFailpoint } from './failpoints.ts'

/** When a worker comes to a failpoint. */
export type WorkerMoment =
  /** Once in an attempt, or in a process. */
  | 'as it begins'
  /** With every answer or commit, so that a job gets on between two of them. */
  | 'on the way'
  /** Twice a second, whatever there is to do. */
  | 'as time passes'
  /** When entries are moved to files, which is every few commits. */
  | 'as messages move'
  /** After SIGTERM. */
  | 'as it is told to stop'
  /** When a job ends. */
  | 'at the end'

/** The failpoints that a worker with a sync comes to. */
export const workerPoints: Record<string, WorkerMoment> = {
  syncAnnounceWorker: 'as it begins',
  syncBegin: 'as it begins',
  syncAgreeOnSecret: 'as it begins',
  scrollLeaseHold: 'as it begins',
  intercomRequest: 'on the way',
  syncSwapBudget: 'on the way',
  syncCommit: 'on the way',
  syncActivity: 'on the way',
  turnsAdmit: 'on the way',
  turnsLook: 'as time passes',
  segmentCreate: 'as messages move',
  segmentWrite: 'as messages move',
  segmentSync: 'as messages move',
  segmentFolderSync: 'as messages move',
  segmentRemove: 'as messages move',
  syncMoveEntries: 'as messages move',
  syncRelease: 'as it is told to stop',
  queueDelay: 'as it is told to stop',
  scrollLeaseRelease: 'at the end',
  syncEnd: 'at the end',
  syncForget: 'at the end',
  turnsLeave: 'at the end',
}

/** The failpoints that an API comes to, each with the call that leads there (see `callers.ts`). */
export const apiPoints = [
  'syncPutConnection',
  'dueFollow',
  'syncPause',
  'syncNextJobId',
  'syncCreate',
  'turnsAdmit',
  'queueAdd',
  'syncShare',
  'syncJoin',
  'syncRenewReader',
  'syncDropReader',
  'syncAcknowledge',
  'syncKeepAcknowledged',
  'syncSetStates',
  'syncDeleteMessages',
  'syncCancel',
  'queueRemove',
  'syncRemoveConnection',
] as const

/** The failpoints that a service comes to when it starts. */
export const startPoints = ['syncPlantCanaries', 'syncJoinFolder'] as const

/** The failpoints of whoever tells webhooks; `test/queue/webhook-kills.test.ts` kills processes there. */
export const webhookPoints = ['webhooksAdd', 'webhooksChange', 'deliveryWake'] as const

/** Scripts that a process may die at unnoticed, and why. */
export const harmlessPoints: Record<string, string> = {
  syncReadLog: 'only reads',
  syncReadLastEntries: 'only reads',
  syncReadCheckpoints: 'only reads',
  syncMeasureLog: 'only reads',
  syncCountWorkers: 'only reads',
  syncOldestEntries: 'only reads',
  syncMayHaveGoneBack: 'only reads',
  syncTryWriting: 'what it writes is gone in seconds, and nobody reads it',
  syncJudgeUnnamed: 'files that are not judged now are judged at the next look',
  syncAwaitReader: 'an orderly close, whose process dies anyway: the lease of a reader runs out without it, too',
  syncMarkAbandoned: 'the next look finds the same job',
  syncSkipDue: 'the next look sees to the same due times',
  syncNoteCheck: 'a service that starts, or reads its file of connections again, checks what is not checked',
  syncNoteWorkspace: 'the next attempt at the job notes it',
  syncNeedSignIn: 'the next attempt at the job notes it, before it ends the job',
  syncBeginSignIn: 'whoever began gets no answer, and begins again',
  syncMoveSignIn: 'a sign-in that stops between two steps ends with its ten minutes, and connects nothing more',
  syncTryCode: 'one try of five is used up',
  syncRest: 'before it a death is one like any other, and after it the job waits for its turn as after a rest',
  syncGiveWay: 'one step that nobody continues: the next commit asks for room again',
  deliveryAnnounce: 'a worker looks into the list of events anyway, a little later',
  webhooksTellEnd: 'the next look finds the same job',
  syncRemoveAcknowledged: 'one step that nobody continues: the next look asks again',
}

/** Both sides of a failpoint. */
export const sides = ['before', 'after'] as const satisfies readonly ArmedFailpoint['when'][]
