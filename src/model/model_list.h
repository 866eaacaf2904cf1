/*
  The models: KN_MODEL(name, Suffix) declares and registers KNModelCreate_Suffix(), found in name.c.
  One line a model.
*/
KN_MODEL(fno, FNO)
KN_MODEL(unet, UNet)
KN_MODEL(resnet, ResNet)
KN_MODEL(transolver, Transolver)
KN_MODEL(oformer, OFormer)
KN_MODEL(transformer, Transformer)
KN_MODEL(textcnn, TextCNN)
