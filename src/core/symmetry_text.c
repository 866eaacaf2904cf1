/* A symmetry's text as an element on the grids of a problem, or why it is none. */
#include "symmetry_impl.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

/* What is read and what has been understood. */
typedef struct {
  const KNProblem *problem;
  const char      *at; /* what is left of the text */
  KNElement        element;
  KNAction         fields[2]; /* the fields' part, of input and output */
  size_t           size;
  char            *reason; /* "" as long as all is well */
} Parser;

static PetscBool Refuse(Parser *p, const char format[], ...)
{
  va_list arguments;

  va_start(arguments, format);
  (void)vsnprintf(p->reason, p->size, format, arguments);
  va_end(arguments);
  return PETSC_FALSE;
}

/* The grids that are moved: those with axes, of sides that hold fields. */
static PetscInt Sides(Parser *p, const KNGrid *grid[2], KNAction *action[2])
{
  const KNSpace *space[] = {&p->problem->input, &p->problem->output};
  KNAction      *all[]   = {&p->element.input, &p->element.output};
  PetscInt       count   = 0;

  for (int side = 0; side < 2; side++) {
    if (space[side]->kind != KN_SPACE_FIELD || !space[side]->fields || !space[side]->grid.dim) continue;
    grid[count]     = &space[side]->grid;
    action[count++] = all[side];
  }
  return count;
}

/* Goes on behind the character, if it comes next. */
static PetscBool Take(Parser *p, char character)
{
  if (*p->at != character) return PETSC_FALSE;
  p->at++;
  return PETSC_TRUE;
}

static PetscBool TakeAxis(Parser *p, PetscInt *axis)
{
  const KNGrid *grid[2];
  KNAction     *action[2];
  const char    letter = *p->at;

  if (letter < 'x' || letter > 'z') return Refuse(p, "an axis is expected, x, y or z, where \"%.16s\" stands", p->at);
  p->at++;
  *axis = letter - 'x';
  for (PetscInt i = Sides(p, grid, action) - 1; i >= 0; i--) {
    if (*axis >= grid[i]->dim)
      return Refuse(p, "there is no axis %c, the fields have %" PetscInt_FMT, letter, grid[i]->dim);
  }
  return PETSC_TRUE;
}

static PetscBool Reflect(Parser *p)
{
  const KNGrid *grid[2];
  KNAction     *action[2];
  PetscInt      axis = 0;

  if (!TakeAxis(p, &axis)) return PETSC_FALSE;
  for (PetscInt i = Sides(p, grid, action) - 1; i >= 0; i--) {
    KNAction g = KNActionNone();

    g.sign[axis]   = -1;
    g.offset[axis] = grid[i]->points == KN_POINTS_PERIODIC ? 0 : grid[i]->n[axis] - 1;
    *action[i]     = KNActionCompose(action[i], &g, grid[i]);
  }
  return PETSC_TRUE;
}

static PetscBool Exchange(Parser *p)
{
  const KNGrid *grid[2];
  KNAction     *action[2];
  PetscInt      a = 0, b = 0;

  if (!TakeAxis(p, &a)) return PETSC_FALSE;
  if (!Take(p, ',')) return Refuse(p, "exchange takes two axes: exchange(x,y)");
  if (!TakeAxis(p, &b)) return PETSC_FALSE;
  if (a == b) return Refuse(p, "exchange takes two different axes");
  for (PetscInt i = Sides(p, grid, action) - 1; i >= 0; i--) {
    KNAction g = KNActionNone();

    if (grid[i]->n[a] != grid[i]->n[b]) {
      return Refuse(p,
                    "axes that are exchanged have equally many points, the grid has %" PetscInt_FMT
                    " along %c and %" PetscInt_FMT " along %c",
                    grid[i]->n[a], (char)('x' + a), grid[i]->n[b], (char)('x' + b));
    }
    g.axis[a]  = (signed char)b;
    g.axis[b]  = (signed char)a;
    *action[i] = KNActionCompose(action[i], &g, grid[i]);
  }
  return PETSC_TRUE;
}

/* Whether the axes may be periodic: shifts need it, and one grid for input and output. */
static PetscBool CheckPeriodic(Parser *p, PetscInt count, const KNGrid *const grid[2])
{
  const char *boundary = p->problem->boundary;

  for (PetscInt i = 0; i < count; i++) {
    if (grid[i]->points == KN_POINTS_NODES)
      return Refuse(p,
                    "the points are nodes, whose first and last lie on the boundary: only periodic axes are shifted");
    if (grid[i]->points == KN_POINTS_CELLS && boundary[0] && !strstr(boundary, "periodic"))
      return Refuse(p, "the boundary conditions are \"%.100s\": only periodic axes are shifted", boundary);
    if (!KNGridEqual(grid[i], grid[0]))
      return Refuse(p, "input and output lie on different grids: nothing is shifted by cells of both");
  }
  return PETSC_TRUE;
}

/* [-]x, [-]x/4, [-]3x: where u(x) goes to u(x - shift) */
static PetscBool ShiftAlong(Parser *p, PetscInt count, const KNGrid *const grid[2], KNAction *const action[2])
{
  const PetscInt sign  = Take(p, '-') ? -1 : 1;
  long           cells = 1, parts = 0;
  PetscInt       axis = 0, n;
  char          *end;

  if (isdigit((unsigned char)*p->at)) {
    cells = strtol(p->at, &end, 10);
    p->at = end;
  }
  if (!TakeAxis(p, &axis)) return PETSC_FALSE;
  if (Take(p, '/')) {
    if (!isdigit((unsigned char)*p->at)) return Refuse(p, "a number is expected behind %c/", (char)('x' + axis));
    parts = strtol(p->at, &end, 10);
    p->at = end;
    if (parts < 1) return Refuse(p, "the period is divided by %ld", parts);
  }
  if (!count) return PETSC_TRUE;
  n = grid[0]->n[axis];
  if (cells < 0 || cells > n || parts > n || (parts && n % parts))
    return Refuse(p, "the shift is no whole number of the %" PetscInt_FMT " cells along %c", n, (char)('x' + axis));
  if (parts) cells = cells * (long)(n / parts) % n;
  for (PetscInt i = 0; i < count; i++) {
    KNAction g = KNActionNone();

    g.offset[axis] = (n - sign * (PetscInt)(cells % n)) % n;
    *action[i]     = KNActionCompose(action[i], &g, grid[i]);
  }
  return PETSC_TRUE;
}

static PetscBool Shift(Parser *p)
{
  const KNGrid  *grid[2];
  KNAction      *action[2];
  const PetscInt count = Sides(p, grid, action);

  if (!CheckPeriodic(p, count, grid)) return PETSC_FALSE;
  do {
    if (!ShiftAlong(p, count, grid, action)) return PETSC_FALSE;
  } while (Take(p, ','));
  return PETSC_TRUE;
}

static PetscInt FindField(const KNSpace *space, const char name[], size_t length)
{
  for (PetscInt f = 0; space->kind == KN_SPACE_FIELD && f < space->fields - space->constants; f++) {
    if (strlen(space->field[f].name) == length && !strncmp(space->field[f].name, name, length)) return f;
  }
  return -1;
}

/* Field `to` of a side is `sign` field `from`. */
static PetscBool MapField(Parser *p, const KNSpace *space, KNAction *action, PetscInt to, PetscInt from, int sign)
{
  if (sign < 0 && space->type == KN_UINT8)
    return Refuse(p, "values of a byte have no sign, field %s is stored as bytes", space->field[to].name);
  if (strcmp(space->field[to].unit, space->field[from].unit))
    return Refuse(p, "%s is in %s, %s in %s: neither can take the other's place", space->field[to].name,
                  space->field[to].unit, space->field[from].name, space->field[from].unit);
  action->field[to]      = (signed char)from;
  action->field_sign[to] = (signed char)sign;
  return PETSC_TRUE;
}

/* FIELD=[-]FIELD, of the length up to the next blank */
static PetscBool MapNamed(Parser *p, size_t length)
{
  const KNSpace *space[] = {&p->problem->input, &p->problem->output};
  const char    *equals  = (const char *)memchr(p->at, '=', length), *from;
  PetscBool      found   = PETSC_FALSE;
  int            sign;

  if (!equals)
    return Refuse(p,
                  "\"%.*s\" is neither a move, reflect(x), exchange(x,y), shift(x), nor says what becomes of a field: "
                  "u=-u, negate",
                  (int)PetscMin(length, 40), p->at);
  from = equals + 1;
  sign = *from == '-' ? -1 : 1;
  if (*from == '-' || *from == '+') from++;
  for (int side = 0; side < 2; side++) {
    const PetscInt to   = FindField(space[side], p->at, (size_t)(equals - p->at)),
                   that = FindField(space[side], from, (size_t)(p->at + length - from));

    if (to < 0) continue;
    found = PETSC_TRUE;
    if (that < 0)
      return Refuse(p, "there is no field \"%.*s\" beside %s", (int)(p->at + length - from), from,
                    space[side]->field[to].name);
    if (!MapField(p, space[side], &p->fields[side], to, that, sign)) return PETSC_FALSE;
  }
  if (!found) return Refuse(p, "there is no field \"%.*s\"", (int)(equals - p->at), p->at);
  p->at += length;
  return PETSC_TRUE;
}

static PetscBool Negate(Parser *p)
{
  const KNSpace *space[] = {&p->problem->input, &p->problem->output};

  for (int side = 0; side < 2; side++) {
    for (PetscInt f = 0; space[side]->kind == KN_SPACE_FIELD && f < space[side]->fields - space[side]->constants; f++) {
      if (!MapField(p, space[side], &p->fields[side], f, f, -1)) return PETSC_FALSE;
    }
  }
  return PETSC_TRUE;
}

/* Each field is the source of one. */
static PetscBool CheckFields(Parser *p)
{
  const KNSpace *space[] = {&p->problem->input, &p->problem->output};

  for (int side = 0; side < 2; side++) {
    PetscBool taken[KN_MAX_FIELDS] = {PETSC_FALSE};

    for (PetscInt f = 0; space[side]->kind == KN_SPACE_FIELD && f < space[side]->fields; f++) {
      const PetscInt from = p->fields[side].field[f];

      if (taken[from])
        return Refuse(p, "two fields become %s: say what becomes of each", space[side]->field[from].name);
      taken[from] = PETSC_TRUE;
    }
  }
  return PETSC_TRUE;
}

static PetscBool Factor(Parser *p)
{
  static const struct {
    const char *name;
    PetscBool (*move)(Parser *);
  } moves[]           = {{"reflect(", Reflect}, {"exchange(", Exchange}, {"shift(", Shift}};
  const size_t length = strcspn(p->at, " ");

  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(moves); i++) {
    const size_t name = strlen(moves[i].name);

    if (strncmp(p->at, moves[i].name, name)) continue;
    p->at += name;
    if (!moves[i].move(p)) return PETSC_FALSE;
    return Take(p, ')') ? PETSC_TRUE : Refuse(p, "a ) is missing before \"%.16s\"", p->at);
  }
  if (length == strlen("negate") && !strncmp(p->at, "negate", length)) {
    p->at += length;
    return Negate(p);
  }
  return MapNamed(p, length);
}

PetscErrorCode KNSymmetryParse(const KNProblem *problem, const char text[], KNElement *element, size_t size,
                               char reason[])
{
  Parser    p    = {.problem = problem, .at = text, .size = size, .reason = reason};
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  reason[0]        = 0;
  p.element.input  = KNActionNone();
  p.element.output = KNActionNone();
  p.fields[0]      = KNActionNone();
  p.fields[1]      = KNActionNone();
  if (problem->input.kind != KN_SPACE_FIELD) good = Refuse(&p, "the input is no field, symmetries move fields");
  if (good && strlen(text) >= KN_MAX_NAME) good = Refuse(&p, "the text is longer than %d bytes", KN_MAX_NAME - 1);
  p.at += strspn(p.at, " ");
  if (good && !*p.at) good = Refuse(&p, "it is empty");
  while (good && *p.at) {
    good = Factor(&p);
    if (good && *p.at && *p.at != ' ') good = Refuse(&p, "a blank is expected before \"%.16s\"", p.at);
    p.at += strspn(p.at, " ");
  }
  if (good) good = CheckFields(&p);
  if (good) {
    element->input  = KNActionCompose(&p.element.input, &p.fields[0], &problem->input.grid);
    element->output = KNActionCompose(&p.element.output, &p.fields[1], &problem->output.grid);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
