/*
  Symmetries of a problem: moves of the points and signs of the fields that turn each sample into another sample of the
  same problem. (input, output) valid makes (g input, g output) valid, and as probable.

  A problem lists generators as texts (problem.symmetry); all products of them are its group. A text is a sequence of
  factors, applied from left to right:

    reflect(x)         u(x) -> u(-x): the axis is read backwards
    exchange(x,y)      u(x, y) -> u(y, x)
    shift(x)           by one cell along x, hence by any number of cells; shift(x,-y): one along x and back one along y
    shift(x/4), (3x)   by a quarter of the period, by three cells
    u=-u, u=v v=u      what becomes of the fields, all at once, in input and output; fields not named stay as they are
    negate             all fields change their sign

  A sample's parameters stay as they are: neither do they have names here, nor does negate change them.

  x, y, z are the first, second, third axis of the arrays: of an image (C, H, W) y is the width. Examples:

    the square, with a scalar           reflect(x)   reflect(y)   exchange(x,y)
    a velocity                          reflect(x) u=-u   exchange(x,y) u=v v=u
    the vorticity of the plane          reflect(x) w=-w
    Burgers' equation                   shift(x)   reflect(x) u=-u
    force sin(x + y) + cos(x + y)       shift(x,-y)   reflect(x) reflect(y) shift(x/4)   exchange(x,y) shift(x/2) w=-w

  Reflection takes point i to n - 1 - i for cells and nodes, to -i modulo n for periodic points.

  The group is held as its translations (a lattice modulo the grid) and one element for each of its other parts, by
  Schreier's lemma: element k of the group is found without a list of them, and element 0 does nothing.
*/
#ifndef KITINET_SYMMETRY_H
#define KITINET_SYMMETRY_H

#include <kitinet/problem.h>

/*
  What becomes of an array of fields. Point i of the result is the source's point j, j_a = sign[a] i_(axis[a]) +
  offset[a] modulo n_a; its field f is the source's field field[f] times field_sign[f].
*/
typedef struct {
  signed char axis[KN_MAX_DIM], sign[KN_MAX_DIM];
  PetscInt    offset[KN_MAX_DIM]; /* 0 .. n_a - 1 */
  signed char field[KN_MAX_FIELDS], field_sign[KN_MAX_FIELDS];
} KNAction;

/* An element of a group: what becomes of a sample's inputs and outputs. */
typedef struct {
  KNAction input, output;
} KNElement;

typedef struct _p_KNSymmetry *KNSymmetry;

/*
  Not collective. One text as an element on the problem's grids. reason (size bytes): why it does not fit the grid, the
  boundary or the fields; "" if it does.
*/
PETSC_EXTERN PetscErrorCode KNSymmetryParse(const KNProblem *problem, const char text[], KNElement *element,
                                            size_t size, char reason[]);

/*
  Not collective, the same on all ranks. The group of all of problem->symmetry. NULL if it lists none. Raises `code`
  for a text that does not fit: "WHERE: symmetry "..": the reason".
*/
PETSC_EXTERN PetscErrorCode KNSymmetryCreate(const KNProblem *problem, const char where[], PetscErrorCode code,
                                             KNSymmetry *symmetry);
PETSC_EXTERN PetscErrorCode KNSymmetryDestroy(KNSymmetry *symmetry);

/* Not collective, thread-safe. Elements of the group; 1 for NULL. */
PETSC_EXTERN PetscInt64 KNSymmetryOrder(KNSymmetry symmetry);

/* Not collective, thread-safe. Element 0 <= k < order. */
PETSC_EXTERN void KNSymmetryGetElement(KNSymmetry symmetry, PetscInt64 k, KNElement *element);

/*
  Not collective, thread-safe. Element number k of a choice of `count` different ones, 1 <= count <= order, the same in
  every run: element 0 is the first, all have their turn if count is the order.
*/
PETSC_EXTERN void KNSymmetryChoose(KNSymmetry symmetry, PetscInt64 k, KNElement *element);

/* Not collective, thread-safe. The generators, *count of them; not owned. */
PETSC_EXTERN const KNElement *KNSymmetryGenerators(KNSymmetry symmetry, PetscInt *count);

/* Not collective, thread-safe. The element that undoes this one on the grid. */
PETSC_EXTERN void KNActionInvert(const KNAction *action, const KNGrid *grid, PetscInt fields, KNAction *inverse);

/*
  Not collective, thread-safe. out (arrays, fields, rows, ..), layers first .. first + rows - 1 along the first axis,
  of in (arrays, fields, n..), whole: one pass. The arrays do not overlap. grid: the whole one.
*/
PETSC_EXTERN void kn_symmetry_apply(float *out, const float *in, const KNAction *action, size_t arrays, size_t fields,
                                    const KNGrid *grid, PetscInt first, PetscInt rows);

/* Not collective, thread-safe. The source's point of point i of the result, both as places in an array of one field. */
PETSC_EXTERN size_t kn_symmetry_source(const KNAction *action, const KNGrid *grid, size_t i);

/* The same in double, whole and slowly: for solvers. */
PETSC_EXTERN void kn_symmetry_apply_real(PetscReal *out, const PetscReal *in, const KNAction *action, size_t arrays,
                                         size_t fields, const KNGrid *grid);

#endif
