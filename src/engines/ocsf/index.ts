export type { OcsfEvent, OcsfMetadata, OcsfProblem, OcsfProduct } from './event.ts';
