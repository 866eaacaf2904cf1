/*
  The solvers: KN_SOLVER(name, Suffix) declares and registers KNSolverCreate_Suffix(), found in name.c.
  One line a solver.
*/
KN_SOLVER(darcy, Darcy)
KN_SOLVER(cavity, Cavity)
KN_SOLVER(navier_stokes, NavierStokes)
KN_SOLVER(burgers, Burgers)
KN_SOLVER(heat, Heat)
KN_SOLVER(dispersion, Dispersion)
KN_SOLVER(kdv, KdV)
KN_SOLVER(kuramoto_sivashinsky, KuramotoSivashinsky)
KN_SOLVER(fisher_kpp, FisherKPP)
KN_SOLVER(allen_cahn, AllenCahn)
