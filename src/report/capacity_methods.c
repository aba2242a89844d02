#include "report/capacity_methods.h"

#include "capacity/search.h"

static const char *or_dash(const char *text) {
    return text == NULL || text[0] == '\0' ? "-" : text;
}

static void what(struct buf *out, const struct capacity_result *r) {
    buf_printf(out,
               "Coldswarm measured the capacity of %s with the scenario \"%s\": the highest load, "
               "in %s, that holds",
               or_dash(r->target), or_dash(r->name), capacity_unit_words[r->unit]);
    for (size_t i = 0; i < r->expression_count; i++)
        buf_printf(out, "%s %s", i > 0 ? " and" : "", r->expressions[i]);
    buf_printf(out, ". The measurement began at %s (UTC).", or_dash(r->started_utc));
    buf_add(out, "", 1);
}

/* "10, 20 and 50" */
static void loads(struct buf *out, const struct capacity_result *r) {
    for (size_t i = 0; i < r->load_count; i++)
        buf_printf(out, "%s%.10g",
                   i == 0                   ? ""
                   : i + 1 == r->load_count ? " and "
                                            : ", ",
                   r->loads[i].load);
}

static void how(struct buf *out, const struct capacity_result *r) {
    size_t counted = 0;
    for (size_t i = 0; i < r->step_count; i++)
        counted += r->steps[i].counts;
    if (r->sweep) {
        buf_str(out, "The loads ");
        loads(out, r);
        buf_printf(out, " %s were tried once each.", capacity_unit_words[r->unit]);
    } else
        buf_printf(out,
                   "Loads were doubled from %.10g on until an objective seemed to fail; then the "
                   "range up to %.10g was halved. Loads at the edge were repeated, each step half "
                   "as long as all before it with this load, until one load certainly held all "
                   "objectives and another, at most %.3g %% from their middle, certainly failed "
                   "one.",
                   r->from, r->to, 100 * r->precision);
    buf_printf(out, " In each step the load rose and settled; then %.10g s were measured%s.",
               r->step_s, r->sweep ? "" : ", or longer if the step was repeated");
    buf_str(out,
            " A request counts in a step if it was due in the measured time, whenever it ended. "
            "Requests that were dropped, or cancelled at the end of the step, count as failed and "
            "as slower than every limit.");
    buf_printf(out,
               " A step counts if its client was reliable and sent at least 99 %% of what was due; "
               "%zu of %zu steps count.",
               counted, r->step_count);
    buf_add(out, "", 1);
}

static void decided(struct buf *out) {
    buf_printf(out,
               "An objective holds or fails at a load if the interval of its value, from all steps "
               "with this load, is on one side of the limit. Each side of an interval may be wrong "
               "with a probability of %.4g %%. Percentiles are decided as the share of requests "
               "beyond the limit, by Wilson's interval for the number of independent requests that "
               "give the variance of batch sums; averages and rates by Student's t of these sums.",
               100 * SEARCH_RISK);
    buf_add(out, "", 1);
}

static void result(struct buf *out, const struct capacity_result *r) {
    buf_str(out, "The capacity is ");
    capacity_result_words(r, out);
    if (r->answer.kind != SEARCH_UNKNOWN)
        buf_printf(out, ", with %.0f %% confidence", 100 * SEARCH_CONFIDENCE);
    buf_char(out, '.');
    if (r->limited_by < r->expression_count)
        buf_printf(out, " The objective that failed first is %s.", r->expressions[r->limited_by]);
    if (r->client != NULL)
        buf_printf(out, " The client could not send more than %.10g %s: %s.", r->client_load,
                   capacity_unit_words[r->unit], r->client);
    buf_add(out, "", 1);
}

void capacity_methods(struct buf *out, const struct capacity_result *r) {
    what(out, r);
    how(out, r);
    decided(out);
    result(out, r);
}
