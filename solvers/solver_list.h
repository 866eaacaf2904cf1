/*
  The solvers: KN_SOLVER(name, Suffix) declares and registers KNSolverCreate_Suffix(), found in name.c.
  One line a solver.
*/
KN_SOLVER(darcy, Darcy)
KN_SOLVER(cavity, Cavity)
KN_SOLVER(navier_stokes, NavierStokes)
KN_SOLVER(burgers, Burgers)
