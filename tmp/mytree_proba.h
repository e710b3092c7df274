


    // !!! This file is generated using emlearn !!!

    #include <stdint.h>
    

static inline int32_t mytree_tree_0(const int16_t *features, int32_t features_length) {
          if (features[20] < 5) {
              if (features[43] < 3) {
                  if (features[42] < 7) {
                      if (features[17] < 1) {
                          if (features[26] < 0) {
                              return 3;
                          } else {
                              return 9;
                          }
                      } else {
                          if (features[58] < 0) {
                              return 4;
                          } else {
                              if (features[21] < 11) {
                                  return 5;
                              } else {
                                  return 9;
                              }
                          }
                      }
                  } else {
                      if (features[21] < 7) {
                          if (features[36] < 7) {
                              if (features[5] < 0) {
                                  return 6;
                              } else {
                                  return 0;
                              }
                          } else {
                              return 6;
                          }
                      } else {
                          return 0;
                      }
                  }
              } else {
                  if (features[46] < 9) {
                      if (features[60] < 10) {
                          if (features[27] < 7) {
                              return 7;
                          } else {
                              if (features[38] < 0) {
                                  if (features[21] < 6) {
                                      return 5;
                                  } else {
                                      return 8;
                                  }
                              } else {
                                  return 7;
                              }
                          }
                      } else {
                          if (features[30] < 3) {
                              if (features[61] < 8) {
                                  if (features[10] < 8) {
                                      return 4;
                                  } else {
                                      return 8;
                                  }
                              } else {
                                  if (features[26] < 1) {
                                      return 2;
                                  } else {
                                      if (features[42] < 4) {
                                          return 1;
                                      } else {
                                          if (features[21] < 12) {
                                              return 6;
                                          } else {
                                              return 8;
                                          }
                                      }
                                  }
                              }
                          } else {
                              if (features[10] < 7) {
                                  return 4;
                              } else {
                                  if (features[44] < 13) {
                                      return 0;
                                  } else {
                                      return 4;
                                  }
                              }
                          }
                      }
                  } else {
                      return 6;
                  }
              }
          } else {
              if (features[53] < 4) {
                  if (features[13] < 9) {
                      if (features[25] < 0) {
                          if (features[19] < 10) {
                              return 7;
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[45] < 2) {
                              return 1;
                          } else {
                              return 4;
                          }
                      }
                  } else {
                      if (features[52] < 5) {
                          return 7;
                      } else {
                          return 1;
                      }
                  }
              } else {
                  if (features[43] < 3) {
                      if (features[29] < 9) {
                          if (features[63] < 11) {
                              if (features[54] < 0) {
                                  if (features[42] < 1) {
                                      return 3;
                                  } else {
                                      return 8;
                                  }
                              } else {
                                  return 3;
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[3] < 9) {
                              if (features[61] < 7) {
                                  return 9;
                              } else {
                                  if (features[50] < 1) {
                                      return 1;
                                  } else {
                                      return 9;
                                  }
                              }
                          } else {
                              if (features[30] < 2) {
                                  return 3;
                              } else {
                                  return 9;
                              }
                          }
                      }
                  } else {
                      if (features[34] < 8) {
                          return 2;
                      } else {
                          return 1;
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_1(const int16_t *features, int32_t features_length) {
          if (features[34] < 7) {
              if (features[27] < 8) {
                  if (features[50] < 4) {
                      if (features[3] < 3) {
                          return 1;
                      } else {
                          if (features[44] < 5) {
                              return 3;
                          } else {
                              return 7;
                          }
                      }
                  } else {
                      if (features[25] < 1) {
                          if (features[51] < 15) {
                              if (features[35] < 7) {
                                  return 3;
                              } else {
                                  return 2;
                              }
                          } else {
                              return 2;
                          }
                      } else {
                          if (features[28] < 5) {
                              return 0;
                          } else {
                              return 2;
                          }
                      }
                  }
              } else {
                  if (features[26] < 1) {
                      if (features[12] < 14) {
                          if (features[43] < 11) {
                              return 3;
                          } else {
                              return 2;
                          }
                      } else {
                          if (features[10] < 11) {
                              return 1;
                          } else {
                              return 2;
                          }
                      }
                  } else {
                      if (features[29] < 2) {
                          if (features[18] < 15) {
                              return 1;
                          } else {
                              if (features[20] < 4) {
                                  return 5;
                              } else {
                                  return 1;
                              }
                          }
                      } else {
                          if (features[35] < 15) {
                              if (features[44] < 0) {
                                  return 9;
                              } else {
                                  if (features[19] < 15) {
                                      if (features[42] < 3) {
                                          return 9;
                                      } else {
                                          return 8;
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          } else {
                              if (features[42] < 2) {
                                  return 7;
                              } else {
                                  return 8;
                              }
                          }
                      }
                  }
              }
          } else {
              if (features[25] < 8) {
                  if (features[54] < 10) {
                      if (features[10] < 5) {
                          if (features[27] < 4) {
                              return 4;
                          } else {
                              if (features[30] < 8) {
                                  return 4;
                              } else {
                                  return 4;
                              }
                          }
                      } else {
                          if (features[43] < 10) {
                              if (features[42] < 3) {
                                  return 5;
                              } else {
                                  if (features[36] < 6) {
                                      return 0;
                                  } else {
                                      if (features[50] < 3) {
                                          return 7;
                                      } else {
                                          if (features[21] < 8) {
                                              if (features[20] < 4) {
                                                  return 6;
                                              } else {
                                                  return 8;
                                              }
                                          } else {
                                              return 8;
                                          }
                                      }
                                  }
                              }
                          } else {
                              if (features[21] < 5) {
                                  return 6;
                              } else {
                                  if (features[61] < 1) {
                                      if (features[19] < 2) {
                                          return 7;
                                      } else {
                                          return 4;
                                      }
                                  } else {
                                      if (features[20] < 14) {
                                          return 8;
                                      } else {
                                          return 1;
                                      }
                                  }
                              }
                          }
                      }
                  } else {
                      if (features[13] < 6) {
                          return 6;
                      } else {
                          return 0;
                      }
                  }
              } else {
                  if (features[44] < 11) {
                      return 5;
                  } else {
                      if (features[9] < 1) {
                          return 4;
                      } else {
                          return 5;
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_2(const int16_t *features, int32_t features_length) {
          if (features[61] < 0) {
              if (features[5] < 5) {
                  if (features[10] < 12) {
                      return 4;
                  } else {
                      if (features[52] < 8) {
                          return 7;
                      } else {
                          return 0;
                      }
                  }
              } else {
                  if (features[18] < 5) {
                      return 7;
                  } else {
                      if (features[37] < 12) {
                          if (features[28] < 8) {
                              if (features[2] < 5) {
                                  return 7;
                              } else {
                                  return 5;
                              }
                          } else {
                              if (features[27] < 11) {
                                  return 7;
                              } else {
                                  if (features[34] < 14) {
                                      return 5;
                                  } else {
                                      return 1;
                                  }
                              }
                          }
                      } else {
                          return 7;
                      }
                  }
              }
          } else {
              if (features[51] < 9) {
                  if (features[44] < 12) {
                      if (features[34] < 9) {
                          if (features[18] < 2) {
                              return 3;
                          } else {
                              if (features[18] < 10) {
                                  return 3;
                              } else {
                                  if (features[21] < 4) {
                                      return 5;
                                  } else {
                                      if (features[43] < 5) {
                                          return 9;
                                      } else {
                                          return 8;
                                      }
                                  }
                              }
                          }
                      } else {
                          if (features[42] < 11) {
                              if (features[20] < 2) {
                                  return 5;
                              } else {
                                  return 9;
                              }
                          } else {
                              if (features[21] < 2) {
                                  if (features[51] < 0) {
                                      return 4;
                                  } else {
                                      return 6;
                                  }
                              } else {
                                  if (features[27] < 15) {
                                      return 0;
                                  } else {
                                      return 8;
                                  }
                              }
                          }
                      }
                  } else {
                      if (features[41] < 5) {
                          if (features[20] < 10) {
                              return 4;
                          } else {
                              if (features[58] < 1) {
                                  return 1;
                              } else {
                                  return 3;
                              }
                          }
                      } else {
                          return 4;
                      }
                  }
              } else {
                  if (features[30] < 3) {
                      if (features[52] < 10) {
                          if (features[11] < 13) {
                              if (features[1] < 0) {
                                  if (features[34] < 13) {
                                      return 8;
                                  } else {
                                      return 6;
                                  }
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[26] < 3) {
                                  return 2;
                              } else {
                                  return 6;
                              }
                          }
                      } else {
                          if (features[58] < 8) {
                              if (features[27] < 8) {
                                  return 2;
                              } else {
                                  if (features[22] < 3) {
                                      if (features[27] < 12) {
                                          return 6;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      return 8;
                                  }
                              }
                          } else {
                              return 2;
                          }
                      }
                  } else {
                      if (features[13] < 6) {
                          if (features[3] < 11) {
                              return 4;
                          } else {
                              return 0;
                          }
                      } else {
                          if (features[29] < 11) {
                              return 0;
                          } else {
                              if (features[28] < 4) {
                                  return 0;
                              } else {
                                  return 9;
                              }
                          }
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_3(const int16_t *features, int32_t features_length) {
          if (features[35] < 6) {
              if (features[62] < 15) {
                  if (features[28] < 9) {
                      if (features[53] < 14) {
                          if (features[43] < 10) {
                              if (features[28] < 7) {
                                  if (features[44] < 11) {
                                      return 0;
                                  } else {
                                      if (features[14] < 5) {
                                          return 4;
                                      } else {
                                          return 7;
                                      }
                                  }
                              } else {
                                  return 9;
                              }
                          } else {
                              return 4;
                          }
                      } else {
                          if (features[61] < 10) {
                              return 0;
                          } else {
                              return 1;
                          }
                      }
                  } else {
                      if (features[34] < 0) {
                          if (features[21] < 10) {
                              if (features[44] < 11) {
                                  return 3;
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[29] < 14) {
                                  if (features[30] < 5) {
                                      return 3;
                                  } else {
                                      return 9;
                                  }
                              } else {
                                  if (features[3] < 5) {
                                      return 1;
                                  } else {
                                      return 9;
                                  }
                              }
                          }
                      } else {
                          return 5;
                      }
                  }
              } else {
                  return 2;
              }
          } else {
              if (features[46] < 6) {
                  if (features[26] < 6) {
                      if (features[36] < 10) {
                          return 2;
                      } else {
                          if (features[50] < 2) {
                              if (features[37] < 9) {
                                  if (features[13] < 7) {
                                      return 1;
                                  } else {
                                      return 3;
                                  }
                              } else {
                                  return 7;
                              }
                          } else {
                              if (features[35] < 12) {
                                  return 2;
                              } else {
                                  if (features[60] < 1) {
                                      return 7;
                                  } else {
                                      if (features[52] < 10) {
                                          return 8;
                                      } else {
                                          return 1;
                                      }
                                  }
                              }
                          }
                      }
                  } else {
                      if (features[21] < 0) {
                          if (features[20] < 4) {
                              if (features[9] < 2) {
                                  if (features[42] < 10) {
                                      return 5;
                                  } else {
                                      if (features[59] < 4) {
                                          return 4;
                                      } else {
                                          return 6;
                                      }
                                  }
                              } else {
                                  return 5;
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[26] < 15) {
                              if (features[37] < 15) {
                                  if (features[42] < 5) {
                                      if (features[52] < 14) {
                                          return 7;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      if (features[33] < 4) {
                                          if (features[43] < 14) {
                                              return 8;
                                          } else {
                                              if (features[27] < 3) {
                                                  return 7;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      } else {
                                          return 4;
                                      }
                                  }
                              } else {
                                  return 4;
                              }
                          } else {
                              if (features[21] < 8) {
                                  return 4;
                              } else {
                                  if (features[29] < 13) {
                                      return 8;
                                  } else {
                                      return 9;
                                  }
                              }
                          }
                      }
                  }
              } else {
                  if (features[13] < 0) {
                      return 6;
                  } else {
                      return 3;
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_4(const int16_t *features, int32_t features_length) {
          if (features[19] < 9) {
              if (features[42] < 9) {
                  if (features[26] < 7) {
                      if (features[51] < 14) {
                          if (features[61] < 0) {
                              if (features[57] < 0) {
                                  return 7;
                              } else {
                                  return 3;
                              }
                          } else {
                              if (features[53] < 12) {
                                  if (features[9] < 2) {
                                      return 3;
                                  } else {
                                      if (features[51] < 6) {
                                          return 3;
                                      } else {
                                          return 2;
                                      }
                                  }
                              } else {
                                  if (features[30] < 2) {
                                      return 3;
                                  } else {
                                      return 9;
                                  }
                              }
                          }
                      } else {
                          if (features[13] < 13) {
                              if (features[53] < 6) {
                                  return 7;
                              } else {
                                  return 2;
                              }
                          } else {
                              return 7;
                          }
                      }
                  } else {
                      if (features[30] < 0) {
                          if (features[58] < 3) {
                              return 8;
                          } else {
                              if (features[20] < 6) {
                                  return 5;
                              } else {
                                  return 9;
                              }
                          }
                      } else {
                          if (features[13] < 2) {
                              return 4;
                          } else {
                              if (features[45] < 4) {
                                  return 7;
                              } else {
                                  if (features[42] < 5) {
                                      return 9;
                                  } else {
                                      return 0;
                                  }
                              }
                          }
                      }
                  }
              } else {
                  if (features[35] < 5) {
                      if (features[36] < 14) {
                          if (features[21] < 3) {
                              return 6;
                          } else {
                              if (features[34] < 4) {
                                  return 3;
                              } else {
                                  return 0;
                              }
                          }
                      } else {
                          return 4;
                      }
                  } else {
                      if (features[60] < 5) {
                          if (features[25] < 4) {
                              return 7;
                          } else {
                              return 4;
                          }
                      } else {
                          if (features[33] < 8) {
                              if (features[46] < 4) {
                                  if (features[62] < 3) {
                                      return 8;
                                  } else {
                                      return 2;
                                  }
                              } else {
                                  if (features[21] < 1) {
                                      return 6;
                                  } else {
                                      return 8;
                                  }
                              }
                          } else {
                              if (features[50] < 8) {
                                  return 4;
                              } else {
                                  return 6;
                              }
                          }
                      }
                  }
              }
          } else {
              if (features[26] < 10) {
                  if (features[38] < 5) {
                      if (features[58] < 15) {
                          if (features[53] < 4) {
                              return 1;
                          } else {
                              if (features[45] < 4) {
                                  return 2;
                              } else {
                                  return 8;
                              }
                          }
                      } else {
                          return 2;
                      }
                  } else {
                      return 9;
                  }
              } else {
                  if (features[54] < 8) {
                      if (features[29] < 4) {
                          if (features[33] < 5) {
                              return 1;
                          } else {
                              return 4;
                          }
                      } else {
                          if (features[41] < 0) {
                              if (features[13] < 13) {
                                  return 4;
                              } else {
                                  return 1;
                              }
                          } else {
                              return 4;
                          }
                      }
                  } else {
                      return 6;
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_5(const int16_t *features, int32_t features_length) {
          if (features[43] < 0) {
              if (features[41] < 4) {
                  if (features[18] < 5) {
                      return 3;
                  } else {
                      if (features[36] < 7) {
                          if (features[28] < 9) {
                              if (features[28] < 5) {
                                  return 0;
                              } else {
                                  return 9;
                              }
                          } else {
                              return 9;
                          }
                      } else {
                          if (features[54] < 9) {
                              if (features[3] < 1) {
                                  return 1;
                              } else {
                                  return 5;
                              }
                          } else {
                              return 9;
                          }
                      }
                  }
              } else {
                  return 0;
              }
          } else {
              if (features[36] < 3) {
                  if (features[13] < 4) {
                      if (features[44] < 9) {
                          if (features[2] < 4) {
                              if (features[27] < 11) {
                                  return 0;
                              } else {
                                  return 6;
                              }
                          } else {
                              if (features[50] < 10) {
                                  return 5;
                              } else {
                                  return 2;
                              }
                          }
                      } else {
                          return 4;
                      }
                  } else {
                      if (features[28] < 0) {
                          return 0;
                      } else {
                          return 8;
                      }
                  }
              } else {
                  if (features[46] < 3) {
                      if (features[10] < 6) {
                          if (features[20] < 13) {
                              if (features[33] < 6) {
                                  if (features[37] < 9) {
                                      return 8;
                                  } else {
                                      return 4;
                                  }
                              } else {
                                  return 4;
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[5] < 2) {
                              if (features[19] < 8) {
                                  if (features[50] < 9) {
                                      if (features[62] < 5) {
                                          return 4;
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      if (features[45] < 6) {
                                          return 2;
                                      } else {
                                          return 8;
                                      }
                                  }
                              } else {
                                  if (features[27] < 14) {
                                      if (features[33] < 1) {
                                          return 2;
                                      } else {
                                          return 4;
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          } else {
                              if (features[5] < 9) {
                                  if (features[38] < 4) {
                                      if (features[12] < 14) {
                                          if (features[26] < 2) {
                                              return 2;
                                          } else {
                                              return 8;
                                          }
                                      } else {
                                          if (features[43] < 15) {
                                              return 8;
                                          } else {
                                              return 1;
                                          }
                                      }
                                  } else {
                                      return 7;
                                  }
                              } else {
                                  if (features[26] < 8) {
                                      if (features[60] < 8) {
                                          return 7;
                                      } else {
                                          return 3;
                                      }
                                  } else {
                                      if (features[42] < 10) {
                                          if (features[3] < 14) {
                                              return 7;
                                          } else {
                                              return 5;
                                          }
                                      } else {
                                          return 8;
                                      }
                                  }
                              }
                          }
                      }
                  } else {
                      if (features[26] < 6) {
                          return 2;
                      } else {
                          if (features[10] < 12) {
                              if (features[41] < 13) {
                                  return 6;
                              } else {
                                  return 4;
                              }
                          } else {
                              return 8;
                          }
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_6(const int16_t *features, int32_t features_length) {
          if (features[43] < 5) {
              if (features[26] < 6) {
                  return 3;
              } else {
                  if (features[57] < 0) {
                      if (features[5] < 9) {
                          if (features[17] < 8) {
                              if (features[13] < 5) {
                                  if (features[63] < 0) {
                                      if (features[22] < 13) {
                                          if (features[21] < 3) {
                                              if (features[4] < 8) {
                                                  return 6;
                                              } else {
                                                  if (features[42] < 9) {
                                                      return 5;
                                                  } else {
                                                      return 6;
                                                  }
                                              }
                                          } else {
                                              return 0;
                                          }
                                      } else {
                                          return 4;
                                      }
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[42] < 4) {
                                      if (features[58] < 1) {
                                          return 1;
                                      } else {
                                          if (features[30] < 0) {
                                              return 5;
                                          } else {
                                              return 9;
                                          }
                                      }
                                  } else {
                                      if (features[35] < 6) {
                                          return 0;
                                      } else {
                                          return 8;
                                      }
                                  }
                              }
                          } else {
                              return 9;
                          }
                      } else {
                          if (features[20] < 3) {
                              return 5;
                          } else {
                              if (features[53] < 13) {
                                  return 9;
                              } else {
                                  return 1;
                              }
                          }
                      }
                  } else {
                      return 5;
                  }
              }
          } else {
              if (features[58] < 8) {
                  if (features[46] < 0) {
                      if (features[29] < 9) {
                          if (features[20] < 1) {
                              return 6;
                          } else {
                              if (features[54] < 7) {
                                  if (features[51] < 15) {
                                      if (features[42] < 0) {
                                          return 1;
                                      } else {
                                          return 8;
                                      }
                                  } else {
                                      if (features[12] < 5) {
                                          return 4;
                                      } else {
                                          return 1;
                                      }
                                  }
                              } else {
                                  return 2;
                              }
                          }
                      } else {
                          if (features[30] < 2) {
                              if (features[12] < 14) {
                                  return 8;
                              } else {
                                  return 1;
                              }
                          } else {
                              if (features[19] < 4) {
                                  return 7;
                              } else {
                                  return 4;
                              }
                          }
                      }
                  } else {
                      if (features[5] < 0) {
                          if (features[46] < 8) {
                              return 4;
                          } else {
                              return 6;
                          }
                      } else {
                          if (features[51] < 8) {
                              return 4;
                          } else {
                              if (features[60] < 4) {
                                  return 7;
                              } else {
                                  if (features[17] < 3) {
                                      return 6;
                                  } else {
                                      return 8;
                                  }
                              }
                          }
                      }
                  }
              } else {
                  if (features[37] < 9) {
                      if (features[52] < 5) {
                          return 7;
                      } else {
                          if (features[21] < 7) {
                              if (features[4] < 13) {
                                  return 2;
                              } else {
                                  if (features[21] < 3) {
                                      return 5;
                                  } else {
                                      return 2;
                                  }
                              }
                          } else {
                              if (features[35] < 11) {
                                  return 2;
                              } else {
                                  return 8;
                              }
                          }
                      }
                  } else {
                      return 7;
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_7(const int16_t *features, int32_t features_length) {
          if (features[20] < 10) {
              if (features[61] < 5) {
                  if (features[21] < 2) {
                      if (features[30] < 8) {
                          if (features[3] < 8) {
                              if (features[43] < 1) {
                                  return 5;
                              } else {
                                  return 4;
                              }
                          } else {
                              if (features[10] < 15) {
                                  if (features[44] < 8) {
                                      return 5;
                                  } else {
                                      return 4;
                                  }
                              } else {
                                  return 5;
                              }
                          }
                      } else {
                          return 4;
                      }
                  } else {
                      if (features[44] < 12) {
                          if (features[28] < 7) {
                              return 0;
                          } else {
                              if (features[52] < 6) {
                                  if (features[60] < 5) {
                                      return 7;
                                  } else {
                                      return 9;
                                  }
                              } else {
                                  return 8;
                              }
                          }
                      } else {
                          if (features[25] < 6) {
                              if (features[26] < 15) {
                                  if (features[26] < 11) {
                                      if (features[36] < 14) {
                                          return 8;
                                      } else {
                                          return 7;
                                      }
                                  } else {
                                      if (features[33] < 4) {
                                          return 8;
                                      } else {
                                          return 4;
                                      }
                                  }
                              } else {
                                  if (features[43] < 5) {
                                      return 9;
                                  } else {
                                      return 4;
                                  }
                              }
                          } else {
                              return 4;
                          }
                      }
                  }
              } else {
                  if (features[36] < 2) {
                      if (features[20] < 2) {
                          return 0;
                      } else {
                          if (features[34] < 1) {
                              return 9;
                          } else {
                              return 0;
                          }
                      }
                  } else {
                      if (features[26] < 12) {
                          if (features[36] < 12) {
                              if (features[46] < 6) {
                                  return 2;
                              } else {
                                  if (features[30] < 0) {
                                      return 3;
                                  } else {
                                      return 9;
                                  }
                              }
                          } else {
                              if (features[13] < 2) {
                                  return 6;
                              } else {
                                  return 8;
                              }
                          }
                      } else {
                          if (features[34] < 8) {
                              return 8;
                          } else {
                              return 6;
                          }
                      }
                  }
              }
          } else {
              if (features[60] < 2) {
                  return 7;
              } else {
                  if (features[3] < 13) {
                      if (features[34] < 12) {
                          return 1;
                      } else {
                          if (features[38] < 1) {
                              return 1;
                          } else {
                              return 4;
                          }
                      }
                  } else {
                      if (features[38] < 1) {
                          if (features[62] < 1) {
                              if (features[19] < 7) {
                                  if (features[18] < 1) {
                                      return 3;
                                  } else {
                                      return 2;
                                  }
                              } else {
                                  if (features[19] < 15) {
                                      if (features[10] < 9) {
                                          return 1;
                                      } else {
                                          return 3;
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          } else {
                              return 2;
                          }
                      } else {
                          if (features[30] < 2) {
                              return 3;
                          } else {
                              if (features[42] < 8) {
                                  return 9;
                              } else {
                                  return 0;
                              }
                          }
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_8(const int16_t *features, int32_t features_length) {
          if (features[20] < 2) {
              if (features[36] < 3) {
                  if (features[44] < 9) {
                      if (features[42] < 6) {
                          return 5;
                      } else {
                          return 0;
                      }
                  } else {
                      return 4;
                  }
              } else {
                  if (features[54] < 1) {
                      if (features[10] < 7) {
                          if (features[45] < 9) {
                              if (features[25] < 2) {
                                  return 7;
                              } else {
                                  if (features[5] < 4) {
                                      return 4;
                                  } else {
                                      return 7;
                                  }
                              }
                          } else {
                              if (features[14] < 11) {
                                  return 4;
                              } else {
                                  return 7;
                              }
                          }
                      } else {
                          if (features[29] < 8) {
                              return 5;
                          } else {
                              return 7;
                          }
                      }
                  } else {
                      if (features[51] < 6) {
                          if (features[21] < 0) {
                              if (features[42] < 4) {
                                  return 5;
                              } else {
                                  return 6;
                              }
                          } else {
                              return 8;
                          }
                      } else {
                          return 6;
                      }
                  }
              }
          } else {
              if (features[36] < 0) {
                  if (features[25] < 7) {
                      if (features[42] < 0) {
                          return 9;
                      } else {
                          return 0;
                      }
                  } else {
                      return 0;
                  }
              } else {
                  if (features[26] < 2) {
                      if (features[35] < 14) {
                          if (features[13] < 11) {
                              if (features[50] < 2) {
                                  return 1;
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[6] < 10) {
                                  if (features[61] < 1) {
                                      return 3;
                                  } else {
                                      if (features[41] < 6) {
                                          return 3;
                                      } else {
                                          return 2;
                                      }
                                  }
                              } else {
                                  return 7;
                              }
                          }
                      } else {
                          if (features[37] < 10) {
                              if (features[44] < 2) {
                                  return 2;
                              } else {
                                  if (features[30] < 6) {
                                      return 1;
                                  } else {
                                      return 7;
                                  }
                              }
                          } else {
                              if (features[53] < 3) {
                                  return 7;
                              } else {
                                  return 3;
                              }
                          }
                      }
                  } else {
                      if (features[38] < 1) {
                          if (features[19] < 14) {
                              if (features[35] < 6) {
                                  if (features[45] < 12) {
                                      if (features[45] < 8) {
                                          return 2;
                                      } else {
                                          return 5;
                                      }
                                  } else {
                                      return 3;
                                  }
                              } else {
                                  if (features[42] < 10) {
                                      if (features[53] < 1) {
                                          return 7;
                                      } else {
                                          return 8;
                                      }
                                  } else {
                                      return 8;
                                  }
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[54] < 1) {
                              if (features[13] < 7) {
                                  return 4;
                              } else {
                                  if (features[43] < 0) {
                                      return 9;
                                  } else {
                                      if (features[52] < 11) {
                                          return 7;
                                      } else {
                                          return 4;
                                      }
                                  }
                              }
                          } else {
                              return 9;
                          }
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_9(const int16_t *features, int32_t features_length) {
          if (features[26] < 2) {
              if (features[5] < 0) {
                  if (features[58] < 5) {
                      return 1;
                  } else {
                      return 2;
                  }
              } else {
                  if (features[61] < 5) {
                      if (features[20] < 12) {
                          return 7;
                      } else {
                          if (features[38] < 3) {
                              return 3;
                          } else {
                              return 7;
                          }
                      }
                  } else {
                      if (features[43] < 3) {
                          return 3;
                      } else {
                          return 2;
                      }
                  }
              }
          } else {
              if (features[20] < 7) {
                  if (features[21] < 8) {
                      if (features[10] < 13) {
                          if (features[30] < 4) {
                              if (features[54] < 9) {
                                  if (features[52] < 9) {
                                      if (features[42] < 9) {
                                          return 5;
                                      } else {
                                          return 6;
                                      }
                                  } else {
                                      if (features[63] < 7) {
                                          return 4;
                                      } else {
                                          return 1;
                                      }
                                  }
                              } else {
                                  return 6;
                              }
                          } else {
                              return 4;
                          }
                      } else {
                          if (features[62] < 2) {
                              return 5;
                          } else {
                              return 1;
                          }
                      }
                  } else {
                      if (features[35] < 1) {
                          if (features[34] < 2) {
                              return 9;
                          } else {
                              if (features[36] < 5) {
                                  return 0;
                              } else {
                                  return 4;
                              }
                          }
                      } else {
                          if (features[53] < 6) {
                              if (features[26] < 12) {
                                  return 7;
                              } else {
                                  if (features[5] < 7) {
                                      return 4;
                                  } else {
                                      return 9;
                                  }
                              }
                          } else {
                              if (features[42] < 12) {
                                  if (features[36] < 11) {
                                      return 9;
                                  } else {
                                      return 8;
                                  }
                              } else {
                                  return 8;
                              }
                          }
                      }
                  }
              } else {
                  if (features[44] < 8) {
                      if (features[34] < 0) {
                          if (features[3] < 3) {
                              return 1;
                          } else {
                              if (features[43] < 12) {
                                  return 9;
                              } else {
                                  return 2;
                              }
                          }
                      } else {
                          if (features[53] < 8) {
                              if (features[19] < 10) {
                                  return 7;
                              } else {
                                  return 1;
                              }
                          } else {
                              if (features[33] < 1) {
                                  if (features[29] < 9) {
                                      return 3;
                                  } else {
                                      return 9;
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      }
                  } else {
                      if (features[27] < 11) {
                          if (features[55] < 0) {
                              if (features[61] < 8) {
                                  if (features[58] < 6) {
                                      return 4;
                                  } else {
                                      return 7;
                                  }
                              } else {
                                  return 1;
                              }
                          } else {
                              return 2;
                          }
                      } else {
                          if (features[12] < 11) {
                              return 8;
                          } else {
                              if (features[41] < 2) {
                                  if (features[27] < 14) {
                                      return 8;
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  return 4;
                              }
                          }
                      }
                  }
              }
          }
        }
        

int32_t mytree_predict(const int16_t *features, int32_t features_length) {

        int32_t votes[10] = {0,};
        int32_t _class = -1;

        _class = mytree_tree_0(features, features_length); votes[_class] += 1;
    _class = mytree_tree_1(features, features_length); votes[_class] += 1;
    _class = mytree_tree_2(features, features_length); votes[_class] += 1;
    _class = mytree_tree_3(features, features_length); votes[_class] += 1;
    _class = mytree_tree_4(features, features_length); votes[_class] += 1;
    _class = mytree_tree_5(features, features_length); votes[_class] += 1;
    _class = mytree_tree_6(features, features_length); votes[_class] += 1;
    _class = mytree_tree_7(features, features_length); votes[_class] += 1;
    _class = mytree_tree_8(features, features_length); votes[_class] += 1;
    _class = mytree_tree_9(features, features_length); votes[_class] += 1;
    
        int32_t most_voted_class = -1;
        int32_t most_voted_votes = 0;
        for (int32_t i=0; i<10; i++) {

            if (votes[i] > most_voted_votes) {
                most_voted_class = i;
                most_voted_votes = votes[i];
            }
        }
        return most_voted_class;
    }
    

int mytree_predict_proba(const int16_t *features, int32_t features_length, float *out, int out_length) {

        int32_t _class = -1;

        for (int i=0; i<out_length; i++) {
            out[i] = 0.0f;
        }

        _class = mytree_tree_0(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_1(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_2(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_3(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_4(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_5(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_6(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_7(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_8(features, features_length); out[_class] += 1.0f;
    _class = mytree_tree_9(features, features_length); out[_class] += 1.0f;
    
        // compute mean
        for (int i=0; i<out_length; i++) {
            out[i] = out[i] / 10;
        }
        return 0;
    }
    

            int32_t
            predict_wrapper(const float *values, int length) {
                // Convert to whatever is needed for inline
                int16_t features[64];
                for (int i=0; i<length; i++) {
                    features[i] = (int16_t)values[i];
                }
                const int32_t out = mytree_predict(features, length);
                if (out < 0) {
                    return -out;
                }
                return out;
            }

            int
            predict_proba_wrapper(const float *values, int length, float *outputs, int n_outputs) {
                // Convert to whatever is needed for inline
                int16_t features[64];
                for (int i=0; i<length; i++) {
                    features[i] = (int16_t)values[i];
                }

                const int err =                     mytree_predict_proba(features, length, outputs, n_outputs);

                return err;
            }
            