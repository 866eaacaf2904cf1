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
KN_SOLVER(swift_hohenberg, SwiftHohenberg)
KN_SOLVER(gray_scott, GrayScott)
KN_SOLVER(fitzhugh_nagumo, FitzHughNagumo)
KN_SOLVER(schroedinger, Schroedinger)
KN_SOLVER(vector_burgers, VectorBurgers)
KN_SOLVER(navier_stokes_3d, NavierStokes3D)
