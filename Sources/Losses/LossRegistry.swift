/// The losses lossctl computes.
public enum LossRegistry {
  /// What each loss is. A new loss is one more line here.
  public static let all: [LossSpec] = [
    BinaryCrossEntropy.spec,
    SoftmaxCrossEntropy.spec,
    MultilabelMargin.spec,
    MultilabelSoftMargin.spec,
    MultiMargin.spec,
    NCE.spec,
    InfoNCE.spec,
    Contrastive.spec,
    Triplet.spec,
    Clip.spec,
    Logistic.spec,
  ]
}
