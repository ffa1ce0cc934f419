"""Records of training runs: listed, compared, and passed on to TensorBoard or MLflow."""
