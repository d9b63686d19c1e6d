/** Codes of the metrics room. */
import { defineErrors } from '../../kernel/errors.ts';

export const metricsErrors = defineErrors({
  E_METRIC_INVALID: {
    status: 500,
    exit: 'unexpected',
    title: 'Metric is declared wrongly',
    hint: 'This is a defect in Sallyport; report it.',
  },
});
