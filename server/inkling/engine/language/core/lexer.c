/* Splits lines of ASCII into the tokens that lexer.py gives, without its regular expressions.
 *
 * lexer.py says what a token is; this follows it rule by rule. Lines with other characters are left to it, because what
 * is a letter there is for Python to say.
 */
#include "layers.h"

#include <string.h>

#define TAB_COLUMNS 8       /* as in lexer.py */
#define MAX_STRING_CHARS 60 /* as in lexer.py */
#define N_REMEMBERED 4096   /* tokens made before that are looked at for each token; a power of two */

typedef enum { NAME, NUMBER, STRING, OPEN_STRING, OPERATOR } Kind;

typedef struct {
    Py_ssize_t start, end;
    Kind kind;
} Span;

typedef struct {
    PyObject *tokens;      /* the list that is filled */
    PyObject *lex_line;    /* for lines with other characters */
    PyObject *long_string; /* the token of strings that are too long */
    char open;             /* the quote of a triple-quoted string that goes on; 0 for none */
    Py_ssize_t indent_before;
    char *code; /* the line without its margin and with spaces for tabs */
    size_t code_room;
    Span *spans;
    Py_ssize_t n_spans;
    size_t spans_room;
    PyObject **remembered; /* tokens by the hash of their text, so that few are made twice */
} Lexer;

static int is_space(char c) { return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31); }
static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_word(char c) { return is_letter(c) || is_digit(c); }
static int is_quote(char c) { return c == '"' || c == '\''; }
static int is_string_prefix(char c) { return c != 0 && strchr("bBfFrRtTuU", c) != NULL; }

static int is_triple(const char *code, Py_ssize_t n, Py_ssize_t place, char quote) {
    return place + 2 < n && code[place] == quote && code[place + 1] == quote && code[place + 2] == quote;
}

/* Returns where a string ends whose inside begins at `place`, or -1 where its end is not in the line. */
static Py_ssize_t end_of_string(const char *code, Py_ssize_t n, Py_ssize_t place, char quote, int is_long) {
    while (place < n) {
        if (code[place] == '\\') {
            place += 2;
        } else if (code[place] == quote && (!is_long || is_triple(code, n, place, quote))) {
            return place + (is_long ? 3 : 1);
        } else {
            place++;
        }
    }
    return -1;
}

/* Returns how many characters of a prefix stand before a quote at `place`, or -1 where no string begins there. */
static int string_prefix(const char *code, Py_ssize_t n, Py_ssize_t place) {
    for (int length = 0; length <= 2 && place + length < n; length++) {
        if (is_quote(code[place + length])) return length;
        if (!is_string_prefix(code[place + length])) return -1;
    }
    return -1;
}

/* Returns the length of the operator at `place`; 0 where there is none. */
static Py_ssize_t operator_length(const char *code, Py_ssize_t n, Py_ssize_t place) {
    char first = code[place];
    char second = place + 1 < n ? code[place + 1] : 0, third = place + 2 < n ? code[place + 2] : 0;
    if (is_word(first) || is_space(first) || is_quote(first) || first == '#') return 0;
    if (second == first && first != 0 && strchr("*/><", first) != NULL) return third == '=' ? 3 : 2;
    if (first == '.' && second == '.' && third == '.') return 3;
    if ((first == '-' && second == '>') || (first == ':' && second == '=')) return 2;
    if (second == '=' && first != 0 && strchr("-!=<>+*/%&|^@", first) != NULL) return 2;
    return 1;
}

static int grow_lexer(void *array, size_t *room, size_t wanted, size_t size) {
    if (wanted <= *room) return 0;
    void *start;
    memcpy(&start, array, sizeof start);
    start = PyMem_Realloc(start, wanted * 2 * size);
    if (start == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(array, &start, sizeof start);
    *room = wanted * 2;
    return 0;
}

/* Finds the tokens of `code`; returns the quote of a triple-quoted string that its last token leaves open, or 0. */
static char find_spans(Lexer *lexer, Py_ssize_t n) {
    const char *code = lexer->code;
    Py_ssize_t place = 0;
    char open = 0;
    lexer->n_spans = 0;
    while (place < n) {
        Span span = {.start = place};
        int prefix = string_prefix(code, n, place);
        if (prefix >= 0) {
            Py_ssize_t start = place + prefix;
            char quote = code[start];
            int is_long = is_triple(code, n, start, quote);
            Py_ssize_t end = end_of_string(code, n, start + (is_long ? 3 : 1), quote, is_long);
            span.kind = is_long && end < 0 ? OPEN_STRING : STRING;
            if (span.kind == OPEN_STRING) open = quote;
            span.end = end < 0 ? n : end;
        } else if (is_letter(code[place])) {
            span.kind = NAME;
            for (span.end = place + 1; span.end < n && is_word(code[span.end]); span.end++) {
            }
        } else if (is_digit(code[place])) {
            span.kind = NUMBER;
            span.end = place + 1;
            while (span.end < n && (is_word(code[span.end]) || code[span.end] == '.')) {
                int is_exponent = code[span.end] == 'e' || code[span.end] == 'E';
                int is_signed = span.end + 1 < n && (code[span.end + 1] == '+' || code[span.end + 1] == '-');
                span.end += is_exponent && is_signed ? 2 : 1;
            }
        } else if (code[place] == '#') {
            /* A comment: the spaces before it go with it. */
            if (lexer->n_spans) {
                Span *last = &lexer->spans[lexer->n_spans - 1];
                while (last->end > last->start && code[last->end - 1] == ' ') last->end--;
            }
            break;
        } else {
            Py_ssize_t start = place;
            while (start < n && code[start] == ' ') start++;
            Py_ssize_t length = start < n ? operator_length(code, n, start) : 0;
            if (length == 0) {
                place = start > place ? start : place + 1;
                continue;
            }
            span.kind = OPERATOR;
            for (span.end = start + length; span.end < n && code[span.end] == ' '; span.end++) {
            }
        }
        lexer->spans[lexer->n_spans++] = span;
        place = span.end;
    }
    return open;
}

/* Returns a token with this text: one that was made before, where it is remembered. */
static PyObject *token_of(Lexer *lexer, const char *text, Py_ssize_t n) {
    uint32_t hash = 2166136261u; /* Fowler, Noll and Vo's offset and prime */
    for (Py_ssize_t place = 0; place < n; place++) hash = (hash ^ (unsigned char)text[place]) * 16777619u;
    PyObject **slot = &lexer->remembered[(hash ^ hash >> 15) & (N_REMEMBERED - 1)];
    if (*slot != NULL) {
        Py_ssize_t n_known;
        const char *known = PyUnicode_AsUTF8AndSize(*slot, &n_known);
        if (known == NULL) return NULL;
        if (n_known == n && memcmp(known, text, (size_t)n) == 0) return Py_NewRef(*slot);
    }
    PyObject *token = PyUnicode_FromStringAndSize(text, n);
    if (token == NULL) return NULL;
    Py_XDECREF(*slot);
    *slot = Py_NewRef(token);
    return token;
}

/* Tells whether a string is one of those that `LONG_STRING` stands for. */
static int is_shortened(const char *code, const Span *span) {
    if (span->kind == OPEN_STRING) return 1;
    if (span->kind != STRING || !is_quote(code[span->end - 1])) return 0;
    if (span->end - span->start > MAX_STRING_CHARS) return 1;
    for (Py_ssize_t place = span->start; place < span->end; place++) {
        if (is_triple(code, span->end, place, '"') || is_triple(code, span->end, place, '\'')) return 1;
    }
    return 0;
}

static int append(Lexer *lexer, PyObject *token) {
    int failed = token == NULL || PyList_Append(lexer->tokens, token) < 0;
    Py_XDECREF(token);
    return failed ? -1 : 0;
}

static int append_line_break(Lexer *lexer, Py_ssize_t indent) {
    char text[32];
    int n = PyOS_snprintf(text, sizeof text, "\n%+ld", (long)(indent - lexer->indent_before));
    lexer->indent_before = indent;
    return append(lexer, token_of(lexer, text, n));
}

static int lex_ascii(Lexer *lexer, const char *line, Py_ssize_t n) {
    Py_ssize_t start = 0, indent = -1;
    while (n > 0 && is_space(line[n - 1])) n--;
    if (lexer->open) {
        start = end_of_string(line, n, 0, lexer->open, 1);
        if (start < 0) return 0;
        lexer->open = 0;
    } else {
        for (indent = 0; start < n && is_space(line[start]); start++) {
            indent += line[start] == '\t' ? TAB_COLUMNS - indent % TAB_COLUMNS : 1;
        }
    }
    n -= start;
    if (grow_lexer(&lexer->code, &lexer->code_room, (size_t)n + 1, 1) < 0 ||
        grow_lexer(&lexer->spans, &lexer->spans_room, (size_t)n + 1, sizeof(Span)) < 0) {
        return -1;
    }
    for (Py_ssize_t place = 0; place < n; place++) {
        lexer->code[place] = line[start + place] == '\t' ? ' ' : line[start + place];
    }
    lexer->open = find_spans(lexer, n);
    if (lexer->n_spans && indent >= 0 && append_line_break(lexer, indent) < 0) return -1;
    for (Py_ssize_t number = 0; number < lexer->n_spans; number++) {
        const Span *span = &lexer->spans[number];
        PyObject *token = is_shortened(lexer->code, span)
                              ? Py_NewRef(lexer->long_string)
                              : token_of(lexer, lexer->code + span->start, span->end - span->start);
        if (append(lexer, token) < 0) return -1;
    }
    return 0;
}

/* Lets Python lex a line, whose answer is `(tokens, indent, open_string)`. */
static int lex_in_python(Lexer *lexer, PyObject *line) {
    char open[4] = {lexer->open, lexer->open, lexer->open, 0};
    PyObject *answer = PyObject_CallFunction(lexer->lex_line, "Os", line, open);
    PyObject *tokens;
    Py_ssize_t indent, n_open;
    const char *still_open;
    if (answer == NULL || !PyArg_ParseTuple(answer, "O!ns#", &PyTuple_Type, &tokens, &indent, &still_open, &n_open)) {
        Py_XDECREF(answer);
        return -1;
    }
    lexer->open = n_open ? still_open[0] : 0;
    int failed = PyTuple_Size(tokens) && indent >= 0 && append_line_break(lexer, indent) < 0;
    for (Py_ssize_t number = 0; number < PyTuple_Size(tokens) && !failed; number++) {
        failed = PyList_Append(lexer->tokens, PyTuple_GetItem(tokens, number)) < 0;
    }
    Py_DECREF(answer);
    return failed ? -1 : 0;
}

static int lex_one(Lexer *lexer, PyObject *line) {
    Py_ssize_t n_bytes = 0, n_chars = PyUnicode_GetLength(line);
    if (n_chars < 0) return -1;
    const char *bytes = PyUnicode_AsUTF8AndSize(line, &n_bytes);
    /* Lone surrogates have no UTF-8. */
    if (bytes == NULL) PyErr_Clear();
    /* Where each character is one byte, all are ASCII. */
    return bytes != NULL && n_bytes == n_chars ? lex_ascii(lexer, bytes, n_bytes) : lex_in_python(lexer, line);
}

PyDoc_STRVAR(lex_lines_doc, "lex_lines(lines, lex_line, long_string) -> tokens");

static PyObject *lex_lines(PyObject *module, PyObject *args) {
    PyObject *lines;
    Lexer lexer = {0};
    if (!PyArg_ParseTuple(args, "O!OU", &PyList_Type, &lines, &lexer.lex_line, &lexer.long_string)) return NULL;
    lexer.tokens = PyList_New(0);
    lexer.remembered = PyMem_Calloc(N_REMEMBERED, sizeof(PyObject *));
    int failed = lexer.tokens == NULL || lexer.remembered == NULL;
    if (failed && !PyErr_Occurred()) PyErr_NoMemory();
    for (Py_ssize_t number = 0; number < PyList_Size(lines) && !failed; number++) {
        PyObject *line = Py_NewRef(PyList_GetItem(lines, number));
        failed = lex_one(&lexer, line) < 0;
        Py_DECREF(line);
    }
    for (Py_ssize_t slot = 0; lexer.remembered != NULL && slot < N_REMEMBERED; slot++) {
        Py_XDECREF(lexer.remembered[slot]);
    }
    PyMem_Free(lexer.remembered);
    PyMem_Free(lexer.code);
    PyMem_Free(lexer.spans);
    if (failed) Py_CLEAR(lexer.tokens);
    return lexer.tokens;
}

PyMethodDef lexer_methods[] = {
    {"lex_lines", lex_lines, METH_VARARGS, lex_lines_doc},
    {NULL, NULL, 0, NULL},
};
