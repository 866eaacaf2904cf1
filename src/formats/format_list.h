/*
  The formats: KN_FORMAT(name, Suffix) declares and registers KNFormat_Suffix, found in name.c. One line a format.
  KN_READER(name, Suffix) the same of formats that are only read; they come last.
  Files are recognised in this order.
*/
KN_FORMAT(native, Native)
KN_FORMAT(mat5, Mat5)
KN_FORMAT(mat, Mat)
KN_FORMAT(the_well, TheWell)
KN_FORMAT(pdebench, PDEBench)
KN_FORMAT(xy, XY)
KN_FORMAT(npy, Npy)
KN_READER(cifar, Cifar)
KN_READER(texts, Texts)
KN_READER(pictures, Pictures)
