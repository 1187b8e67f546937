def executar(*a): return 0
def morrer_com_o_pai(): pass
