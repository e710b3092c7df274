


    // !!! This file is generated using emlearn !!!

    #include <stdint.h>
    

static inline int32_t mytree_tree_0(const int16_t *features, int32_t features_length) {
          if (features[49] < 8977) {
              return 5;
          } else {
              if (features[303] < -15589) {
                  if (features[42] < 3465) {
                      if (features[50] < -2922) {
                          if (features[179] < -12253) {
                              return 4;
                          } else {
                              return 1;
                          }
                      } else {
                          return 3;
                      }
                  } else {
                      if (features[50] < 2297) {
                          if (features[352] < -14429) {
                              return 3;
                          } else {
                              return 1;
                          }
                      } else {
                          return 3;
                      }
                  }
              } else {
                  if (features[354] < -7605) {
                      if (features[269] < 55) {
                          if (features[43] < -15735) {
                              if (features[339] < -15200) {
                                  if (features[15] < -3853) {
                                      return 0;
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  return 0;
                              }
                          } else {
                              if (features[90] < -11639) {
                                  if (features[510] < 1465) {
                                      return 0;
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[203] < -5165) {
                                      if (features[67] < -10856) {
                                          if (features[503] < -7028) {
                                              if (features[410] < -13807) {
                                                  return 1;
                                              } else {
                                                  return 0;
                                              }
                                          } else {
                                              return 1;
                                          }
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      if (features[233] < -7046) {
                                          if (features[55] < -8894) {
                                              return 2;
                                          } else {
                                              if (features[76] < 7256) {
                                                  return 2;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      } else {
                                          if (features[507] < -4702) {
                                              return 0;
                                          } else {
                                              if (features[73] < -10209) {
                                                  return 1;
                                              } else {
                                                  return 2;
                                              }
                                          }
                                      }
                                  }
                              }
                          }
                      } else {
                          return 1;
                      }
                  } else {
                      if (features[16] < -1776) {
                          if (features[16] < -7596) {
                              if (features[556] < -12632) {
                                  if (features[404] < -12340) {
                                      if (features[384] < -15067) {
                                          return 0;
                                      } else {
                                          if (features[144] < 4579) {
                                              if (features[91] < -10385) {
                                                  return 1;
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 2;
                                          }
                                      }
                                  } else {
                                      if (features[302] < -9789) {
                                          if (features[134] < -3693) {
                                              return 1;
                                          } else {
                                              if (features[52] < 13147) {
                                                  return 1;
                                              } else {
                                                  return 0;
                                              }
                                          }
                                      } else {
                                          if (features[412] < -13037) {
                                              if (features[72] < 4735) {
                                                  return 2;
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 0;
                                          }
                                      }
                                  }
                              } else {
                                  if (features[73] < -8136) {
                                      if (features[202] < 289) {
                                          if (features[67] < -9734) {
                                              if (features[511] < -11584) {
                                                  if (features[210] < 2408) {
                                                      if (features[200] < 778) {
                                                          return 0;
                                                      } else {
                                                          return 1;
                                                      }
                                                  } else {
                                                      return 1;
                                                  }
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 0;
                                          }
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      if (features[281] < -12019) {
                                          return 0;
                                      } else {
                                          if (features[16] < -10851) {
                                              if (features[213] < -3546) {
                                                  return 2;
                                              } else {
                                                  return 0;
                                              }
                                          } else {
                                              if (features[271] < 1513) {
                                                  if (features[47] < -14734) {
                                                      if (features[142] < -1999) {
                                                          if (features[363] < -1024) {
                                                              if (features[57] < -13588) {
                                                                  return 2;
                                                              } else {
                                                                  return 1;
                                                              }
                                                          } else {
                                                              return 2;
                                                          }
                                                      } else {
                                                          if (features[503] < -3397) {
                                                              return 0;
                                                          } else {
                                                              return 2;
                                                          }
                                                      }
                                                  } else {
                                                      return 2;
                                                  }
                                              } else {
                                                  if (features[144] < 589) {
                                                      return 1;
                                                  } else {
                                                      return 2;
                                                  }
                                              }
                                          }
                                      }
                                  }
                              }
                          } else {
                              if (features[303] < -14738) {
                                  return 1;
                              } else {
                                  if (features[157] < -8880) {
                                      if (features[450] < -14721) {
                                          return 1;
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      if (features[6] < 1543) {
                                          if (features[102] < 10227) {
                                              return 2;
                                          } else {
                                              if (features[69] < -5564) {
                                                  if (features[158] < 2470) {
                                                      return 1;
                                                  } else {
                                                      return 2;
                                                  }
                                              } else {
                                                  if (features[469] < -12465) {
                                                      return 2;
                                                  } else {
                                                      return 0;
                                                  }
                                              }
                                          }
                                      } else {
                                          return 2;
                                      }
                                  }
                              }
                          }
                      } else {
                          return 2;
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_1(const int16_t *features, int32_t features_length) {
          if (features[284] < -10277) {
              if (features[79] < -2049) {
                  if (features[226] < -13485) {
                      if (features[560] < -11053) {
                          return 5;
                      } else {
                          if (features[288] < -15205) {
                              if (features[56] < -7501) {
                                  return 5;
                              } else {
                                  return 3;
                              }
                          } else {
                              if (features[42] < 6012) {
                                  if (features[429] < -15558) {
                                      if (features[40] < -7329) {
                                          return 5;
                                      } else {
                                          if (features[51] < 3849) {
                                              if (features[50] < -679) {
                                                  if (features[270] < -15639) {
                                                      return 4;
                                                  } else {
                                                      return 3;
                                                  }
                                              } else {
                                                  return 3;
                                              }
                                          } else {
                                              return 3;
                                          }
                                      }
                                  } else {
                                      return 4;
                                  }
                              } else {
                                  return 5;
                              }
                          }
                      }
                  } else {
                      if (features[361] < -14284) {
                          return 1;
                      } else {
                          return 0;
                      }
                  }
              } else {
                  if (features[361] < -15625) {
                      if (features[77] < -14863) {
                          if (features[559] < -6010) {
                              return 5;
                          } else {
                              if (features[57] < -12994) {
                                  return 3;
                              } else {
                                  return 3;
                              }
                          }
                      } else {
                          if (features[179] < -15506) {
                              if (features[29] < 5314) {
                                  if (features[56] < -14560) {
                                      return 5;
                                  } else {
                                      if (features[53] < 14347) {
                                          if (features[42] < 681) {
                                              if (features[187] < 7869) {
                                                  if (features[244] < -12766) {
                                                      return 4;
                                                  } else {
                                                      return 3;
                                                  }
                                              } else {
                                                  return 3;
                                              }
                                          } else {
                                              if (features[185] < -5094) {
                                                  return 4;
                                              } else {
                                                  if (features[15] < -15859) {
                                                      if (features[129] < -14142) {
                                                          return 3;
                                                      } else {
                                                          return 3;
                                                      }
                                                  } else {
                                                      if (features[418] < -15996) {
                                                          if (features[50] < 2336) {
                                                              return 4;
                                                          } else {
                                                              if (features[56] < -4921) {
                                                                  return 5;
                                                              } else {
                                                                  return 3;
                                                              }
                                                          }
                                                      } else {
                                                          if (features[58] < -7907) {
                                                              if (features[522] < -15422) {
                                                                  return 3;
                                                              } else {
                                                                  return 3;
                                                              }
                                                          } else {
                                                              return 5;
                                                          }
                                                      }
                                                  }
                                              }
                                          }
                                      } else {
                                          return 5;
                                      }
                                  }
                              } else {
                                  return 3;
                              }
                          } else {
                              return 4;
                          }
                      }
                  } else {
                      if (features[349] < -12277) {
                          return 1;
                      } else {
                          return 0;
                      }
                  }
              }
          } else {
              if (features[381] < -10051) {
                  if (features[39] < 6001) {
                      if (features[56] < 10155) {
                          if (features[141] < -2594) {
                              if (features[331] < -12674) {
                                  return 1;
                              } else {
                                  if (features[75] < -10775) {
                                      return 1;
                                  } else {
                                      return 0;
                                  }
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[503] < -5674) {
                              if (features[351] < -7360) {
                                  if (features[474] < -10515) {
                                      if (features[450] < -11564) {
                                          return 1;
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[553] < -12122) {
                                      if (features[56] < 12354) {
                                          return 1;
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      if (features[136] < -11451) {
                                          return 0;
                                      } else {
                                          return 0;
                                      }
                                  }
                              }
                          } else {
                              if (features[333] < -15115) {
                                  if (features[496] < -13237) {
                                      if (features[171] < -11285) {
                                          return 1;
                                      } else {
                                          if (features[433] < -5921) {
                                              return 2;
                                          } else {
                                              if (features[276] < -6837) {
                                                  return 0;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      }
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  return 2;
                              }
                          }
                      }
                  } else {
                      if (features[95] < -5409) {
                          if (features[281] < -12617) {
                              if (features[222] < -2828) {
                                  return 1;
                              } else {
                                  return 0;
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[201] < 3374) {
                              return 0;
                          } else {
                              return 2;
                          }
                      }
                  }
              } else {
                  if (features[553] < 2) {
                      if (features[41] < -3980) {
                          if (features[475] < -15051) {
                              return 1;
                          } else {
                              if (features[359] < -1117) {
                                  return 1;
                              } else {
                                  return 2;
                              }
                          }
                      } else {
                          return 2;
                      }
                  } else {
                      return 0;
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_2(const int16_t *features, int32_t features_length) {
          if (features[463] < -15885) {
              if (features[75] < -5664) {
                  if (features[53] < 329) {
                      if (features[6] < -9192) {
                          if (features[45] < -7328) {
                              if (features[157] < 13126) {
                                  if (features[505] < -11869) {
                                      if (features[56] < -6284) {
                                          return 5;
                                      } else {
                                          if (features[49] < 14947) {
                                              return 4;
                                          } else {
                                              return 3;
                                          }
                                      }
                                  } else {
                                      if (features[558] < 6252) {
                                          return 4;
                                      } else {
                                          return 5;
                                      }
                                  }
                              } else {
                                  return 3;
                              }
                          } else {
                              return 3;
                          }
                      } else {
                          return 1;
                      }
                  } else {
                      if (features[494] < -15951) {
                          if (features[56] < -11310) {
                              return 5;
                          } else {
                              return 3;
                          }
                      } else {
                          if (features[56] < -12318) {
                              return 5;
                          } else {
                              if (features[461] < -15729) {
                                  return 3;
                              } else {
                                  return 1;
                              }
                          }
                      }
                  }
              } else {
                  if (features[293] < -3447) {
                      return 5;
                  } else {
                      if (features[294] < 5919) {
                          if (features[153] < 106) {
                              if (features[53] < 6305) {
                                  return 4;
                              } else {
                                  return 5;
                              }
                          } else {
                              return 4;
                          }
                      } else {
                          if (features[298] < -7206) {
                              return 5;
                          } else {
                              return 3;
                          }
                      }
                  }
              }
          } else {
              if (features[214] < -1917) {
                  if (features[40] < 14618) {
                      if (features[37] < -3336) {
                          if (features[177] < -13969) {
                              if (features[38] < 2829) {
                                  return 1;
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[430] < -4846) {
                                  if (features[136] < -12749) {
                                      return 0;
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  return 1;
                              }
                          }
                      } else {
                          if (features[46] < -14096) {
                              if (features[450] < -12256) {
                                  if (features[137] < -10278) {
                                      if (features[239] < -6270) {
                                          return 0;
                                      } else {
                                          if (features[434] < -9914) {
                                              return 0;
                                          } else {
                                              if (features[271] < -8350) {
                                                  return 0;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      }
                                  } else {
                                      if (features[135] < 1402) {
                                          return 0;
                                      } else {
                                          return 1;
                                      }
                                  }
                              } else {
                                  if (features[123] < -11714) {
                                      return 5;
                                  } else {
                                      return 0;
                                  }
                              }
                          } else {
                              if (features[167] < -13255) {
                                  return 5;
                              } else {
                                  return 1;
                              }
                          }
                      }
                  } else {
                      if (features[73] < -8174) {
                          if (features[75] < -11508) {
                              if (features[205] < -6274) {
                                  return 4;
                              } else {
                                  if (features[62] < -13541) {
                                      return 0;
                                  } else {
                                      return 1;
                                  }
                              }
                          } else {
                              if (features[547] < -15055) {
                                  if (features[52] < 15212) {
                                      return 1;
                                  } else {
                                      if (features[281] < -11399) {
                                          if (features[314] < -15804) {
                                              return 4;
                                          } else {
                                              return 0;
                                          }
                                      } else {
                                          return 2;
                                      }
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      } else {
                          if (features[512] < -1702) {
                              return 2;
                          } else {
                              if (features[233] < -11234) {
                                  return 4;
                              } else {
                                  return 0;
                              }
                          }
                      }
                  }
              } else {
                  if (features[503] < 421) {
                      if (features[127] < 2590) {
                          if (features[414] < -13803) {
                              if (features[457] < 4482) {
                                  if (features[6] < -470) {
                                      if (features[502] < -114) {
                                          if (features[184] < 9162) {
                                              if (features[434] < -9661) {
                                                  return 2;
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 1;
                                          }
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      return 2;
                                  }
                              } else {
                                  return 1;
                              }
                          } else {
                              if (features[215] < -839) {
                                  if (features[231] < -2031) {
                                      return 2;
                                  } else {
                                      if (features[249] < -7584) {
                                          return 2;
                                      } else {
                                          if (features[192] < -2088) {
                                              return 2;
                                          } else {
                                              return 0;
                                          }
                                      }
                                  }
                              } else {
                                  return 2;
                              }
                          }
                      } else {
                          if (features[477] < -12929) {
                              return 1;
                          } else {
                              return 2;
                          }
                      }
                  } else {
                      if (features[517] < -8981) {
                          return 5;
                      } else {
                          return 2;
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_3(const int16_t *features, int32_t features_length) {
          if (features[351] < -11846) {
              if (features[67] < -12544) {
                  if (features[56] < -5392) {
                      if (features[558] < 2139) {
                          return 3;
                      } else {
                          return 5;
                      }
                  } else {
                      if (features[142] < -10428) {
                          return 3;
                      } else {
                          if (features[303] < -15796) {
                              return 4;
                          } else {
                              return 1;
                          }
                      }
                  }
              } else {
                  if (features[79] < 6813) {
                      if (features[556] < -11295) {
                          if (features[248] < 3462) {
                              return 4;
                          } else {
                              return 5;
                          }
                      } else {
                          if (features[454] < -6334) {
                              return 5;
                          } else {
                              if (features[53] < 9027) {
                                  if (features[345] < -15370) {
                                      if (features[63] < -12625) {
                                          if (features[58] < 13133) {
                                              if (features[16] < -15997) {
                                                  return 4;
                                              } else {
                                                  if (features[267] < -15613) {
                                                      return 5;
                                                  } else {
                                                      return 4;
                                                  }
                                              }
                                          } else {
                                              return 5;
                                          }
                                      } else {
                                          if (features[53] < 3893) {
                                              if (features[51] < 8057) {
                                                  return 3;
                                              } else {
                                                  return 5;
                                              }
                                          } else {
                                              if (features[55] < 9333) {
                                                  return 5;
                                              } else {
                                                  return 3;
                                              }
                                          }
                                      }
                                  } else {
                                      return 4;
                                  }
                              } else {
                                  return 5;
                              }
                          }
                      }
                  } else {
                      if (features[139] < -13940) {
                          if (features[78] < -6021) {
                              if (features[53] < -1508) {
                                  if (features[274] < -15831) {
                                      return 4;
                                  } else {
                                      if (features[52] < 2150) {
                                          return 5;
                                      } else {
                                          return 4;
                                      }
                                  }
                              } else {
                                  return 3;
                              }
                          } else {
                              if (features[63] < -15734) {
                                  if (features[50] < -3930) {
                                      return 4;
                                  } else {
                                      return 4;
                                  }
                              } else {
                                  return 3;
                              }
                          }
                      } else {
                          return 4;
                      }
                  }
              }
          } else {
              if (features[508] < -10348) {
                  if (features[90] < -9109) {
                      if (features[512] < 1711) {
                          if (features[55] < -6528) {
                              if (features[318] < -13739) {
                                  if (features[450] < -13790) {
                                      return 1;
                                  } else {
                                      if (features[125] < -5467) {
                                          return 0;
                                      } else {
                                          return 1;
                                      }
                                  }
                              } else {
                                  return 0;
                              }
                          } else {
                              if (features[73] < -9644) {
                                  return 1;
                              } else {
                                  if (features[66] < 11454) {
                                      if (features[54] < 97) {
                                          if (features[142] < 99) {
                                              return 1;
                                          } else {
                                              return 0;
                                          }
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          }
                      } else {
                          if (features[296] < 5002) {
                              return 0;
                          } else {
                              return 1;
                          }
                      }
                  } else {
                      if (features[302] < -12144) {
                          return 0;
                      } else {
                          if (features[33] < -2306) {
                              if (features[97] < -8463) {
                                  if (features[69] < -4809) {
                                      if (features[99] < -8122) {
                                          return 2;
                                      } else {
                                          if (features[41] < -1555) {
                                              return 1;
                                          } else {
                                              return 2;
                                          }
                                      }
                                  } else {
                                      if (features[345] < -4197) {
                                          return 2;
                                      } else {
                                          return 0;
                                      }
                                  }
                              } else {
                                  return 0;
                              }
                          } else {
                              if (features[50] < -5685) {
                                  return 1;
                              } else {
                                  return 0;
                              }
                          }
                      }
                  }
              } else {
                  if (features[214] < 2023) {
                      if (features[249] < 2488) {
                          if (features[232] < -9638) {
                              if (features[269] < -4789) {
                                  return 2;
                              } else {
                                  if (features[459] < -6988) {
                                      if (features[85] < -9593) {
                                          return 1;
                                      } else {
                                          if (features[258] < -13589) {
                                              return 2;
                                          } else {
                                              if (features[328] < -7308) {
                                                  return 2;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          } else {
                              if (features[348] < 3665) {
                                  if (features[67] < -6926) {
                                      if (features[202] < -1012) {
                                          if (features[265] < 1657) {
                                              return 0;
                                          } else {
                                              return 2;
                                          }
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      } else {
                          if (features[342] < -3817) {
                              return 1;
                          } else {
                              return 1;
                          }
                      }
                  } else {
                      return 2;
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_4(const int16_t *features, int32_t features_length) {
          if (features[42] < 6692) {
              if (features[353] < -13138) {
                  if (features[78] < -10735) {
                      if (features[187] < 7207) {
                          if (features[559] < -3742) {
                              return 5;
                          } else {
                              if (features[52] < -9297) {
                                  return 5;
                              } else {
                                  if (features[463] < -15936) {
                                      if (features[557] < -5153) {
                                          return 4;
                                      } else {
                                          if (features[557] < 10760) {
                                              return 3;
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
                          return 3;
                      }
                  } else {
                      return 4;
                  }
              } else {
                  if (features[448] < -15857) {
                      if (features[406] < -14340) {
                          if (features[349] < -8757) {
                              if (features[6] < -2521) {
                                  if (features[74] < 7725) {
                                      return 2;
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[306] < -11715) {
                                      if (features[381] < -10504) {
                                          return 1;
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      return 2;
                                  }
                              }
                          } else {
                              if (features[488] < -3472) {
                                  return 2;
                              } else {
                                  return 1;
                              }
                          }
                      } else {
                          if (features[265] < 256) {
                              if (features[40] < 14927) {
                                  if (features[171] < -5531) {
                                      if (features[7] < -2841) {
                                          return 2;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      return 2;
                                  }
                              } else {
                                  if (features[301] < -9577) {
                                      return 2;
                                  } else {
                                      if (features[202] < -2502) {
                                          return 1;
                                      } else {
                                          return 2;
                                      }
                                  }
                              }
                          } else {
                              return 2;
                          }
                      }
                  } else {
                      if (features[271] < -65) {
                          if (features[404] < -11080) {
                              if (features[317] < -12542) {
                                  if (features[410] < -14447) {
                                      if (features[560] < -40) {
                                          if (features[163] < -10429) {
                                              return 1;
                                          } else {
                                              if (features[235] < -4493) {
                                                  return 1;
                                              } else {
                                                  if (features[16] < -10933) {
                                                      if (features[222] < -7104) {
                                                          return 2;
                                                      } else {
                                                          return 0;
                                                      }
                                                  } else {
                                                      return 1;
                                                  }
                                              }
                                          }
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      if (features[58] < -8073) {
                                          if (features[66] < 11096) {
                                              if (features[474] < 4191) {
                                                  if (features[502] < -1925) {
                                                      if (features[52] < 14904) {
                                                          if (features[267] < -5117) {
                                                              return 1;
                                                          } else {
                                                              return 0;
                                                          }
                                                      } else {
                                                          return 0;
                                                      }
                                                  } else {
                                                      return 2;
                                                  }
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 1;
                                          }
                                      } else {
                                          return 1;
                                      }
                                  }
                              } else {
                                  if (features[74] < 10404) {
                                      if (features[302] < -8326) {
                                          if (features[121] < -4002) {
                                              return 2;
                                          } else {
                                              if (features[216] < -4998) {
                                                  return 0;
                                              } else {
                                                  if (features[456] < 1639) {
                                                      return 0;
                                                  } else {
                                                      if (features[399] < -12865) {
                                                          return 1;
                                                      } else {
                                                          return 0;
                                                      }
                                                  }
                                              }
                                          }
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          } else {
                              if (features[297] < -7759) {
                                  if (features[496] < 370) {
                                      return 0;
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[57] < -12835) {
                                      if (features[218] < 3058) {
                                          if (features[518] < -9130) {
                                              return 1;
                                          } else {
                                              return 0;
                                          }
                                      } else {
                                          if (features[37] < -4966) {
                                              return 1;
                                          } else {
                                              return 0;
                                          }
                                      }
                                  } else {
                                      if (features[290] < -12638) {
                                          return 1;
                                      } else {
                                          if (features[552] < 2071) {
                                              return 1;
                                          } else {
                                              if (features[537] < -12782) {
                                                  return 1;
                                              } else {
                                                  return 0;
                                              }
                                          }
                                      }
                                  }
                              }
                          }
                      } else {
                          if (features[289] < 6231) {
                              if (features[227] < -1782) {
                                  return 1;
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[157] < -4312) {
                                  if (features[102] < 10128) {
                                      if (features[559] < 4927) {
                                          return 2;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      if (features[222] < -3140) {
                                          return 2;
                                      } else {
                                          return 0;
                                      }
                                  }
                              } else {
                                  return 2;
                              }
                          }
                      }
                  }
              }
          } else {
              return 5;
          }
        }
        

static inline int32_t mytree_tree_5(const int16_t *features, int32_t features_length) {
          if (features[99] < -14409) {
              if (features[63] < 839) {
                  if (features[53] < 8635) {
                      if (features[19] < -15612) {
                          if (features[49] < 11307) {
                              if (features[363] < -15880) {
                                  if (features[42] < -6176) {
                                      return 5;
                                  } else {
                                      if (features[58] < 5938) {
                                          return 3;
                                      } else {
                                          return 5;
                                      }
                                  }
                              } else {
                                  if (features[79] < 8618) {
                                      if (features[39] < -1581) {
                                          return 5;
                                      } else {
                                          if (features[54] < 10776) {
                                              return 3;
                                          } else {
                                              return 5;
                                          }
                                      }
                                  } else {
                                      return 3;
                                  }
                              }
                          } else {
                              if (features[145] < -8004) {
                                  return 4;
                              } else {
                                  if (features[560] < -2097) {
                                      return 3;
                                  } else {
                                      return 4;
                                  }
                              }
                          }
                      } else {
                          if (features[42] < 3514) {
                              if (features[540] < -5761) {
                                  return 4;
                              } else {
                                  return 3;
                              }
                          } else {
                              if (features[51] < 12191) {
                                  return 3;
                              } else {
                                  return 5;
                              }
                          }
                      }
                  } else {
                      return 5;
                  }
              } else {
                  return 3;
              }
          } else {
              if (features[228] < -5588) {
                  if (features[136] < -14434) {
                      if (features[165] < -11533) {
                          if (features[232] < -15386) {
                              return 4;
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[500] < -14390) {
                              return 1;
                          } else {
                              if (features[3] < -5997) {
                                  if (features[73] < -8158) {
                                      if (features[175] < -10056) {
                                          return 1;
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  if (features[274] < -3628) {
                                      if (features[210] < 2087) {
                                          return 0;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          }
                      }
                  } else {
                      if (features[62] < -10908) {
                          if (features[274] < -5832) {
                              if (features[214] < -4385) {
                                  if (features[87] < -7039) {
                                      return 1;
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  return 1;
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          if (features[504] < -5408) {
                              if (features[369] < -9194) {
                                  return 1;
                              } else {
                                  if (features[403] < -13403) {
                                      return 1;
                                  } else {
                                      return 0;
                                  }
                              }
                          } else {
                              return 1;
                          }
                      }
                  }
              } else {
                  if (features[507] < -1592) {
                      if (features[9] < 3126) {
                          if (features[219] < -9901) {
                              return 0;
                          } else {
                              if (features[538] < 2573) {
                                  if (features[209] < -4421) {
                                      return 1;
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      } else {
                          if (features[52] < 15497) {
                              if (features[412] < -14544) {
                                  return 1;
                              } else {
                                  return 0;
                              }
                          } else {
                              return 0;
                          }
                      }
                  } else {
                      if (features[9] < 9487) {
                          if (features[176] < -12823) {
                              if (features[58] < -9436) {
                                  if (features[449] < -12249) {
                                      if (features[371] < -5674) {
                                          if (features[71] < -5172) {
                                              if (features[301] < -10259) {
                                                  return 2;
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 2;
                                          }
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      if (features[434] < -7221) {
                                          return 2;
                                      } else {
                                          return 2;
                                      }
                                  }
                              } else {
                                  return 1;
                              }
                          } else {
                              if (features[455] < -5813) {
                                  if (features[236] < 2178) {
                                      if (features[559] < 4952) {
                                          if (features[104] < 10476) {
                                              if (features[314] < -7885) {
                                                  if (features[377] < -6334) {
                                                      return 2;
                                                  } else {
                                                      if (features[482] < -6826) {
                                                          return 0;
                                                      } else {
                                                          return 1;
                                                      }
                                                  }
                                              } else {
                                                  return 2;
                                              }
                                          } else {
                                              if (features[231] < 3831) {
                                                  return 0;
                                              } else {
                                                  return 2;
                                              }
                                          }
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      if (features[281] < -10394) {
                                          return 0;
                                      } else {
                                          if (features[310] < -6040) {
                                              return 1;
                                          } else {
                                              return 2;
                                          }
                                      }
                                  }
                              } else {
                                  if (features[559] < 4369) {
                                      return 2;
                                  } else {
                                      return 1;
                                  }
                              }
                          }
                      } else {
                          return 2;
                      }
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_6(const int16_t *features, int32_t features_length) {
          if (features[12] < 9950) {
              if (features[274] < -3353) {
                  if (features[42] < -4310) {
                      if (features[516] < -1822) {
                          if (features[433] < -2178) {
                              if (features[49] < 12789) {
                                  return 1;
                              } else {
                                  if (features[65] < -8867) {
                                      if (features[291] < -6478) {
                                          return 1;
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      return 0;
                                  }
                              }
                          } else {
                              if (features[242] < 576) {
                                  return 0;
                              } else {
                                  return 1;
                              }
                          }
                      } else {
                          return 2;
                      }
                  } else {
                      if (features[16] < -9763) {
                          if (features[412] < -15186) {
                              if (features[257] < -10143) {
                                  if (features[103] < 1212) {
                                      if (features[57] < -4051) {
                                          if (features[51] < 7446) {
                                              return 3;
                                          } else {
                                              return 5;
                                          }
                                      } else {
                                          return 5;
                                      }
                                  } else {
                                      if (features[397] < -14036) {
                                          if (features[559] < -10239) {
                                              return 5;
                                          } else {
                                              if (features[50] < -3562) {
                                                  return 1;
                                              } else {
                                                  if (features[137] < -14328) {
                                                      return 0;
                                                  } else {
                                                      if (features[253] < -11254) {
                                                          return 1;
                                                      } else {
                                                          return 2;
                                                      }
                                                  }
                                              }
                                          }
                                      } else {
                                          if (features[216] < -6479) {
                                              return 0;
                                          } else {
                                              if (features[62] < -15207) {
                                                  return 0;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      }
                                  }
                              } else {
                                  if (features[70] < 3617) {
                                      return 0;
                                  } else {
                                      if (features[427] < -929) {
                                          if (features[65] < -11169) {
                                              return 1;
                                          } else {
                                              if (features[496] < -11904) {
                                                  return 0;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      } else {
                                          if (features[374] < -4171) {
                                              return 1;
                                          } else {
                                              return 0;
                                          }
                                      }
                                  }
                              }
                          } else {
                              if (features[439] < -11192) {
                                  return 0;
                              } else {
                                  if (features[65] < -9345) {
                                      if (features[134] < 3508) {
                                          return 1;
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      return 0;
                                  }
                              }
                          }
                      } else {
                          if (features[228] < -2658) {
                              if (features[75] < -8850) {
                                  return 1;
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[424] < -1354) {
                                  if (features[463] < -13499) {
                                      if (features[133] < 7003) {
                                          return 0;
                                      } else {
                                          return 2;
                                      }
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  return 2;
                              }
                          }
                      }
                  }
              } else {
                  if (features[430] < -10028) {
                      if (features[268] < -910) {
                          return 1;
                      } else {
                          if (features[508] < -7669) {
                              return 1;
                          } else {
                              return 2;
                          }
                      }
                  } else {
                      if (features[219] < -5311) {
                          if (features[515] < -492) {
                              if (features[275] < -6029) {
                                  if (features[420] < -14783) {
                                      if (features[36] < 3232) {
                                          return 2;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      return 2;
                                  }
                              } else {
                                  if (features[339] < -11683) {
                                      if (features[69] < -4358) {
                                          if (features[302] < -5503) {
                                              if (features[62] < -9313) {
                                                  return 1;
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 2;
                                          }
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      return 0;
                                  }
                              }
                          } else {
                              if (features[349] < -5570) {
                                  if (features[201] < 514) {
                                      if (features[537] < -8836) {
                                          return 1;
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      return 2;
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      } else {
                          if (features[55] < -6648) {
                              return 2;
                          } else {
                              return 2;
                          }
                      }
                  }
              }
          } else {
              if (features[56] < 13030) {
                  if (features[42] < 5790) {
                      if (features[558] < 3855) {
                          if (features[198] < -338) {
                              if (features[120] < -1396) {
                                  return 3;
                              } else {
                                  if (features[54] < -2979) {
                                      return 4;
                                  } else {
                                      return 3;
                                  }
                              }
                          } else {
                              if (features[462] < -15943) {
                                  return 3;
                              } else {
                                  return 4;
                              }
                          }
                      } else {
                          return 5;
                      }
                  } else {
                      if (features[40] < 5743) {
                          return 5;
                      } else {
                          return 3;
                      }
                  }
              } else {
                  return 4;
              }
          }
        }
        

static inline int32_t mytree_tree_7(const int16_t *features, int32_t features_length) {
          if (features[426] < -11705) {
              if (features[167] < -12862) {
                  if (features[182] < -13621) {
                      return 3;
                  } else {
                      if (features[134] < 13212) {
                          if (features[50] < 13330) {
                              if (features[58] < -9922) {
                                  if (features[53] < -1418) {
                                      if (features[226] < -9390) {
                                          return 4;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      return 3;
                                  }
                              } else {
                                  return 5;
                              }
                          } else {
                              return 5;
                          }
                      } else {
                          if (features[560] < -2916) {
                              if (features[102] < -12306) {
                                  if (features[153] < 2226) {
                                      if (features[491] < -15989) {
                                          return 3;
                                      } else {
                                          return 5;
                                      }
                                  } else {
                                      return 5;
                                  }
                              } else {
                                  return 5;
                              }
                          } else {
                              if (features[57] < -5069) {
                                  if (features[50] < 1191) {
                                      if (features[49] < -2115) {
                                          return 5;
                                      } else {
                                          return 4;
                                      }
                                  } else {
                                      return 3;
                                  }
                              } else {
                                  return 5;
                              }
                          }
                      }
                  }
              } else {
                  if (features[516] < -3927) {
                      return 1;
                  } else {
                      return 2;
                  }
              }
          } else {
              if (features[521] < -8893) {
                  if (features[318] < -10812) {
                      if (features[89] < -2999) {
                          if (features[201] < -2821) {
                              if (features[295] < -195) {
                                  if (features[504] < -9201) {
                                      if (features[281] < -15523) {
                                          return 4;
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      if (features[74] < 11686) {
                                          if (features[53] < -5731) {
                                              return 1;
                                          } else {
                                              if (features[318] < -12561) {
                                                  if (features[56] < 13334) {
                                                      if (features[42] < 2571) {
                                                          if (features[338] < -8725) {
                                                              return 1;
                                                          } else {
                                                              if (features[128] < -2088) {
                                                                  if (features[433] < -5824) {
                                                                      return 1;
                                                                  } else {
                                                                      if (features[454] < 2571) {
                                                                          return 0;
                                                                      } else {
                                                                          return 1;
                                                                      }
                                                                  }
                                                              } else {
                                                                  return 1;
                                                              }
                                                          }
                                                      } else {
                                                          if (features[38] < 4463) {
                                                              return 0;
                                                          } else {
                                                              return 2;
                                                          }
                                                      }
                                                  } else {
                                                      if (features[53] < -2366) {
                                                          return 0;
                                                      } else {
                                                          return 0;
                                                      }
                                                  }
                                              } else {
                                                  if (features[205] < -2077) {
                                                      return 0;
                                                  } else {
                                                      return 1;
                                                  }
                                              }
                                          }
                                      } else {
                                          return 1;
                                      }
                                  }
                              } else {
                                  if (features[505] < -10079) {
                                      return 0;
                                  } else {
                                      return 0;
                                  }
                              }
                          } else {
                              if (features[73] < -7465) {
                                  if (features[276] < 4321) {
                                      if (features[101] < -13399) {
                                          return 5;
                                      } else {
                                          if (features[6] < 2036) {
                                              if (features[450] < -15951) {
                                                  return 2;
                                              } else {
                                                  return 1;
                                              }
                                          } else {
                                              return 2;
                                          }
                                      }
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[272] < -1271) {
                                      return 2;
                                  } else {
                                      if (features[103] < 9372) {
                                          return 2;
                                      } else {
                                          return 1;
                                      }
                                  }
                              }
                          }
                      } else {
                          return 2;
                      }
                  } else {
                      if (features[441] < -6847) {
                          if (features[282] < -7502) {
                              if (features[491] < -14813) {
                                  if (features[302] < -8031) {
                                      return 0;
                                  } else {
                                      return 2;
                                  }
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[56] < 13950) {
                                  if (features[156] < 6110) {
                                      if (features[559] < 4550) {
                                          return 0;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      if (features[507] < 395) {
                                          return 0;
                                      } else {
                                          return 2;
                                      }
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      } else {
                          return 1;
                      }
                  }
              } else {
                  if (features[505] < -5611) {
                      if (features[15] < -1243) {
                          if (features[214] < 179) {
                              return 0;
                          } else {
                              return 2;
                          }
                      } else {
                          if (features[66] < 7598) {
                              if (features[9] < 7072) {
                                  if (features[450] < -12696) {
                                      return 2;
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  return 2;
                              }
                          } else {
                              if (features[510] < 9936) {
                                  return 0;
                              } else {
                                  if (features[102] < 11271) {
                                      return 2;
                                  } else {
                                      return 0;
                                  }
                              }
                          }
                      }
                  } else {
                      return 2;
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_8(const int16_t *features, int32_t features_length) {
          if (features[20] < -10201) {
              if (features[41] < 11599) {
                  if (features[42] < -10364) {
                      return 5;
                  } else {
                      if (features[185] < -1175) {
                          if (features[560] < -11320) {
                              return 5;
                          } else {
                              if (features[359] < -7637) {
                                  if (features[56] < -9217) {
                                      return 5;
                                  } else {
                                      if (features[340] < -15920) {
                                          return 4;
                                      } else {
                                          return 3;
                                      }
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      } else {
                          if (features[426] < -14236) {
                              if (features[57] < -2030) {
                                  if (features[52] < -332) {
                                      return 5;
                                  } else {
                                      if (features[58] < -7125) {
                                          if (features[53] < 6826) {
                                              if (features[55] < 10091) {
                                                  if (features[166] < -15854) {
                                                      if (features[53] < 2824) {
                                                          if (features[78] < -5470) {
                                                              if (features[361] < -15995) {
                                                                  return 3;
                                                              } else {
                                                                  return 3;
                                                              }
                                                          } else {
                                                              if (features[53] < 1445) {
                                                                  if (features[486] < -15993) {
                                                                      if (features[172] < 15895) {
                                                                          return 4;
                                                                      } else {
                                                                          if (features[50] < -3121) {
                                                                              return 4;
                                                                          } else {
                                                                              return 3;
                                                                          }
                                                                      }
                                                                  } else {
                                                                      return 3;
                                                                  }
                                                              } else {
                                                                  return 3;
                                                              }
                                                          }
                                                      } else {
                                                          return 3;
                                                      }
                                                  } else {
                                                      if (features[303] < -15998) {
                                                          return 4;
                                                      } else {
                                                          if (features[164] < -13918) {
                                                              if (features[77] < -3218) {
                                                                  return 3;
                                                              } else {
                                                                  if (features[172] < 14712) {
                                                                      return 4;
                                                                  } else {
                                                                      return 3;
                                                                  }
                                                              }
                                                          } else {
                                                              return 4;
                                                          }
                                                      }
                                                  }
                                              } else {
                                                  return 3;
                                              }
                                          } else {
                                              return 3;
                                          }
                                      } else {
                                          return 3;
                                      }
                                  }
                              } else {
                                  return 5;
                              }
                          } else {
                              return 4;
                          }
                      }
                  }
              } else {
                  return 5;
              }
          } else {
              if (features[503] < -3992) {
                  if (features[209] < -3967) {
                      if (features[523] < -8129) {
                          return 3;
                      } else {
                          if (features[260] < 13500) {
                              if (features[72] < 10990) {
                                  if (features[75] < -8841) {
                                      if (features[38] < -2594) {
                                          return 1;
                                      } else {
                                          return 1;
                                      }
                                  } else {
                                      if (features[559] < 3127) {
                                          if (features[508] < -12606) {
                                              return 0;
                                          } else {
                                              return 2;
                                          }
                                      } else {
                                          return 0;
                                      }
                                  }
                              } else {
                                  if (features[63] < -8466) {
                                      return 1;
                                  } else {
                                      return 3;
                                  }
                              }
                          } else {
                              if (features[450] < -7713) {
                                  if (features[117] < 1858) {
                                      if (features[296] < -1711) {
                                          if (features[69] < -4550) {
                                              return 1;
                                          } else {
                                              return 0;
                                          }
                                      } else {
                                          if (features[507] < -6095) {
                                              return 0;
                                          } else {
                                              return 1;
                                          }
                                      }
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  return 0;
                              }
                          }
                      }
                  } else {
                      if (features[431] < -154) {
                          if (features[441] < -11889) {
                              if (features[75] < -9522) {
                                  if (features[70] < 8233) {
                                      if (features[54] < -4879) {
                                          return 1;
                                      } else {
                                          if (features[274] < -3199) {
                                              return 0;
                                          } else {
                                              return 1;
                                          }
                                      }
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[43] < -15160) {
                                      return 0;
                                  } else {
                                      return 0;
                                  }
                              }
                          } else {
                              if (features[298] < -5287) {
                                  return 0;
                              } else {
                                  if (features[274] < -5851) {
                                      if (features[526] < -5857) {
                                          return 1;
                                      } else {
                                          return 0;
                                      }
                                  } else {
                                      if (features[316] < -6121) {
                                          if (features[163] < -5581) {
                                              return 1;
                                          } else {
                                              return 0;
                                          }
                                      } else {
                                          return 1;
                                      }
                                  }
                              }
                          }
                      } else {
                          if (features[291] < -6452) {
                              return 1;
                          } else {
                              return 0;
                          }
                      }
                  }
              } else {
                  if (features[359] < -1645) {
                      if (features[310] < -6346) {
                          if (features[486] < -6761) {
                              if (features[332] < -13743) {
                                  if (features[51] < 5745) {
                                      return 1;
                                  } else {
                                      return 5;
                                  }
                              } else {
                                  return 2;
                              }
                          } else {
                              return 1;
                          }
                      } else {
                          return 2;
                      }
                  } else {
                      return 2;
                  }
              }
          }
        }
        

static inline int32_t mytree_tree_9(const int16_t *features, int32_t features_length) {
          if (features[518] < -13073) {
              if (features[74] < 6613) {
                  if (features[71] < 1811) {
                      if (features[52] < 12679) {
                          return 5;
                      } else {
                          if (features[182] < -13135) {
                              return 3;
                          } else {
                              if (features[77] < -6026) {
                                  return 3;
                              } else {
                                  return 4;
                              }
                          }
                      }
                  } else {
                      if (features[41] < 3391) {
                          return 3;
                      } else {
                          return 5;
                      }
                  }
              } else {
                  if (features[58] < -8943) {
                      if (features[523] < -3173) {
                          if (features[182] < -9341) {
                              return 3;
                          } else {
                              if (features[128] < -15187) {
                                  if (features[53] < 3748) {
                                      if (features[167] < -15829) {
                                          return 4;
                                      } else {
                                          return 4;
                                      }
                                  } else {
                                      return 5;
                                  }
                              } else {
                                  if (features[326] < -15605) {
                                      if (features[50] < 8548) {
                                          if (features[457] < -8691) {
                                              return 4;
                                          } else {
                                              return 3;
                                          }
                                      } else {
                                          return 5;
                                      }
                                  } else {
                                      return 3;
                                  }
                              }
                          }
                      } else {
                          return 1;
                      }
                  } else {
                      return 5;
                  }
              }
          } else {
              if (features[206] < -5090) {
                  if (features[374] < -8240) {
                      if (features[209] < -5062) {
                          return 1;
                      } else {
                          if (features[208] < 11576) {
                              return 0;
                          } else {
                              if (features[304] < -6608) {
                                  return 1;
                              } else {
                                  return 0;
                              }
                          }
                      }
                  } else {
                      if (features[203] < -2882) {
                          if (features[62] < -9991) {
                              if (features[407] < -12791) {
                                  if (features[350] < -11553) {
                                      return 4;
                                  } else {
                                      return 0;
                                  }
                              } else {
                                  return 0;
                              }
                          } else {
                              if (features[527] < -12650) {
                                  return 1;
                              } else {
                                  if (features[178] < -14363) {
                                      if (features[542] < -10350) {
                                          if (features[56] < -1589) {
                                              return 5;
                                          } else {
                                              if (features[331] < -14518) {
                                                  return 1;
                                              } else {
                                                  return 1;
                                              }
                                          }
                                      } else {
                                          if (features[70] < 4245) {
                                              return 0;
                                          } else {
                                              return 1;
                                          }
                                      }
                                  } else {
                                      if (features[496] < -7337) {
                                          return 0;
                                      } else {
                                          return 1;
                                      }
                                  }
                              }
                          }
                      } else {
                          if (features[281] < -9452) {
                              if (features[368] < 4575) {
                                  if (features[298] < -5680) {
                                      if (features[269] < -1943) {
                                          if (features[57] < -13582) {
                                              return 2;
                                          } else {
                                              return 1;
                                          }
                                      } else {
                                          if (features[361] < -5775) {
                                              if (features[231] < -4329) {
                                                  return 1;
                                              } else {
                                                  return 0;
                                              }
                                          } else {
                                              return 0;
                                          }
                                      }
                                  } else {
                                      return 1;
                                  }
                              } else {
                                  if (features[70] < 7786) {
                                      if (features[49] < 12233) {
                                          return 1;
                                      } else {
                                          if (features[87] < -6791) {
                                              return 2;
                                          } else {
                                              if (features[46] < -15377) {
                                                  return 0;
                                              } else {
                                                  return 0;
                                              }
                                          }
                                      }
                                  } else {
                                      return 1;
                                  }
                              }
                          } else {
                              if (features[300] < -4290) {
                                  if (features[57] < -14931) {
                                      if (features[359] < 2894) {
                                          return 2;
                                      } else {
                                          if (features[450] < -12058) {
                                              return 2;
                                          } else {
                                              return 0;
                                          }
                                      }
                                  } else {
                                      if (features[399] < -5736) {
                                          if (features[159] < 123) {
                                              return 2;
                                          } else {
                                              if (features[295] < 2607) {
                                                  return 1;
                                              } else {
                                                  return 0;
                                              }
                                          }
                                      } else {
                                          return 0;
                                      }
                                  }
                              } else {
                                  if (features[510] < 8744) {
                                      return 1;
                                  } else {
                                      if (features[421] < -12635) {
                                          if (features[76] < 12975) {
                                              if (features[502] < 1252) {
                                                  if (features[558] < -12715) {
                                                      return 2;
                                                  } else {
                                                      return 1;
                                                  }
                                              } else {
                                                  return 2;
                                              }
                                          } else {
                                              return 1;
                                          }
                                      } else {
                                          return 0;
                                      }
                                  }
                              }
                          }
                      }
                  }
              } else {
                  if (features[158] < -7783) {
                      if (features[299] < -8957) {
                          return 0;
                      } else {
                          return 1;
                      }
                  } else {
                      if (features[83] < -3299) {
                          return 1;
                      } else {
                          if (features[503] < -2888) {
                              return 2;
                          } else {
                              return 2;
                          }
                      }
                  }
              }
          }
        }
        

int32_t mytree_predict(const int16_t *features, int32_t features_length) {

        int32_t votes[6] = {0,};
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
        for (int32_t i=0; i<6; i++) {

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
                int16_t features[561];
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
                int16_t features[561];
                for (int i=0; i<length; i++) {
                    features[i] = (int16_t)values[i];
                }

                const int err =                     mytree_predict_proba(features, length, outputs, n_outputs);

                return err;
            }
            