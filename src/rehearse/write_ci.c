/* SPDX-License-Identifier: PostgreSQL */
/* For continuous integration: SARIF 2.1.0 (OASIS), and JUnit's XML as Jenkins and GitLab read it.
 */
#include <decant/decant.h>

#include <string.h>

#include "base/json.h"
#include "base/visible.h"
#include "rehearse/policy.h"
#include "rehearse/write.h"

/* ---- SARIF */

static void
put_string(struct buf *out, const char *text)
{
    json_string(out, text, strlen(text));
}

static void
put_rules(struct buf *out)
{
    for (int i = 0; policy_codes[i] != NULL; i++) {
        buf_puts(out, i > 0 ? ",{\"id\":" : "{\"id\":");
        put_string(out, policy_codes[i]);
        buf_putc(out, '}');
    }
}

static void
put_location(const struct rehearsal *rehearsal, const struct finding *finding, struct buf *out)
{
    const struct step *step = finding->step >= 0 ? rehearsal_step(rehearsal, finding->step) : NULL;
    const char *file = step != NULL && step->file != NULL ? step->file : NULL;
    if (file == NULL)
        return;
    buf_puts(out, ",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    put_string(out, file);
    buf_printf(out, "},\"region\":{\"startLine\":%d}}}]", step->line > 0 ? step->line : 1);
}

static void
put_result(const struct rehearsal *rehearsal, const struct finding *finding, struct buf *out)
{
    struct buf text = { 0 };
    buf_printf(&text, "%s%s%s", finding->relation != NULL ? finding->relation : "",
               finding->relation != NULL ? ": " : "", finding->text);
    buf_puts(out, "{\"ruleId\":");
    put_string(out, finding->code);
    buf_printf(out, ",\"level\":\"%s\",\"message\":{\"text\":",
               finding->severity == SEVERITY_BREACH ? "error" : "note");
    put_string(out, buf_str(&text));
    buf_printf(out, "},\"partialFingerprints\":{\"decant/v1\":\"%s\"}", finding->id);
    put_location(rehearsal, finding, out);
    if (finding->allowed != NULL) {
        buf_puts(out, ",\"suppressions\":[{\"kind\":\"external\",\"justification\":");
        put_string(out, finding->allowed);
        buf_puts(out, "}]");
    }
    if (finding->is_known)
        buf_puts(out, ",\"baselineState\":\"unchanged\"");
    buf_putc(out, '}');
    buf_deinit(&text);
}

void
write_sarif(const struct rehearsal *rehearsal, struct buf *out)
{
    buf_puts(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
                  "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"decant\","
                  "\"semanticVersion\":\"" DECANT_VERSION "\",\"rules\":[");
    put_rules(out);
    buf_printf(out, "]}},\"invocations\":[{\"executionSuccessful\":%s}],\"results\":[",
               rehearsal_has_failed(rehearsal) ? "false" : "true");
    for (int i = 0; i < rehearsal->nfindings; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_result(rehearsal, &rehearsal->findings[i], out);
    }
    buf_puts(out, "]}]}\n");
}

/* ---- JUnit */

/* XML has no way to write most control characters. */
static void
put_xml(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            buf_puts(out, "&lt;");
        else if (c == '>')
            buf_puts(out, "&gt;");
        else if (c == '&')
            buf_puts(out, "&amp;");
        else if (c == '"')
            buf_puts(out, "&quot;");
        else if (c < ' ')
            buf_putc(out, ' ');
        else
            buf_putc(out, (char)c);
    }
}

static int
count_open(const struct rehearsal *rehearsal, int step)
{
    int n = 0;
    for (int i = 0; i < rehearsal->nfindings; i++)
        n += rehearsal->findings[i].step == step && write_is_open(&rehearsal->findings[i]);
    return n;
}

static void
put_failures(const struct rehearsal *rehearsal, int step, struct buf *out)
{
    if (count_open(rehearsal, step) == 0)
        return;
    buf_puts(out, "<failure message=\"");
    const char *between = "";
    for (int i = 0; i < rehearsal->nfindings; i++) {
        const struct finding *finding = &rehearsal->findings[i];
        if (finding->step != step || !write_is_open(finding))
            continue;
        buf_printf(out, "%s%s", between, finding->code);
        buf_puts(out, finding->relation != NULL ? " " : "");
        put_xml(out, finding->relation != NULL ? finding->relation : "");
        buf_puts(out, ": ");
        put_xml(out, finding->text);
        between = "; ";
    }
    buf_puts(out, "\"/>");
}

static void
put_case(const struct rehearsal *rehearsal, int step, struct buf *out)
{
    struct buf name = { 0 };
    double seconds = 0;
    if (step >= 0) {
        write_place(rehearsal, step, &name);
        buf_putc(&name, ' ');
        write_cut(rehearsal_step(rehearsal, step)->text, 80, &name);
        seconds = rehearsal_step(rehearsal, step)->took_ms / 1000;
    } else {
        buf_puts(&name, "what it leaves behind");
    }
    buf_printf(out, "<testcase classname=\"decant.rehearse\" time=\"%.3f\" name=\"", seconds);
    put_xml(out, buf_str(&name));
    buf_puts(out, "\">");
    put_failures(rehearsal, step, out);
    buf_puts(out, "</testcase>\n");
    buf_deinit(&name);
}

void
write_junit(const struct rehearsal *rehearsal, struct buf *out)
{
    int failures = 0, nsteps = rehearsal->record.nsteps + rehearsal->beyond.nsteps;
    for (int step = -1; step < nsteps; step++)
        failures += count_open(rehearsal, step) > 0;
    buf_printf(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>"
               "<testsuite name=\"decant rehearse\" tests=\"%d\" failures=\"%d\" errors=\"0\" "
               "skipped=\"0\" time=\"%.3f\">\n",
               nsteps + 1, failures, rehearsal->record.took_ms / 1000);
    for (int step = 0; step < nsteps; step++)
        put_case(rehearsal, step, out);
    put_case(rehearsal, -1, out);
    buf_puts(out, "</testsuite></testsuites>\n");
}
