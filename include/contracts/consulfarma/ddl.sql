-- Contract of the Consulfarma integration, T-SQL (SQL Server 2016 or later). The vendor's schema is not public: a site offers its data in
-- these tables, or in views of these names and columns, or replaces the statements of include/fusion/sistemas/consulfarma/sql through `pasta_sql`.
-- AtualizadoEm is the change marker of every row: local time of the installation, set at each insert and update. Rows are never removed:
-- Excluido = 1 takes their place. The README beside this file explains each table; the sandbox translates this file to PostgreSQL.

CREATE TABLE dbo.Unidade (
    UnidadeId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Unidade PRIMARY KEY,
    Cnes nvarchar(7) NULL,
    Nome nvarchar(200) NOT NULL,
    Ativa bit NOT NULL DEFAULT 1,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.Profissional (
    ProfissionalId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Profissional PRIMARY KEY,
    Nome nvarchar(200) NOT NULL,
    Cpf nvarchar(14) NULL,
    Cns nvarchar(18) NULL,
    Cbo nvarchar(6) NULL,
    Conselho nvarchar(20) NULL,
    NumeroConselho nvarchar(20) NULL,
    UfConselho nvarchar(2) NULL,
    Ativo bit NOT NULL DEFAULT 1,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.Paciente (
    PacienteId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_Paciente PRIMARY KEY,
    Identificador uniqueidentifier NOT NULL DEFAULT NEWID(),
    Nome nvarchar(300) NOT NULL,
    NomeSocial nvarchar(300) NULL,
    NomeMae nvarchar(300) NULL,
    NomePai nvarchar(300) NULL,
    DataNascimento date NULL,
    DataObito date NULL,
    Sexo nvarchar(1) NOT NULL,
    RacaCor nvarchar(20) NULL,
    Cpf nvarchar(14) NULL,
    Cns nvarchar(18) NULL,
    Logradouro nvarchar(200) NULL,
    Numero nvarchar(20) NULL,
    Complemento nvarchar(200) NULL,
    Bairro nvarchar(200) NULL,
    Cep nvarchar(9) NULL,
    Municipio nvarchar(100) NULL,
    CodigoIbge nvarchar(7) NULL,
    Uf nvarchar(2) NULL,
    Celular nvarchar(20) NULL,
    Telefone nvarchar(20) NULL,
    TelefoneContato nvarchar(20) NULL,
    Email nvarchar(200) NULL,
    Ativo bit NOT NULL DEFAULT 1,
    UnificadoEmId bigint NULL,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.Atendimento (
    AtendimentoId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_Atendimento PRIMARY KEY,
    PacienteId bigint NOT NULL REFERENCES dbo.Paciente (PacienteId),
    UnidadeId int NULL REFERENCES dbo.Unidade (UnidadeId),
    ProfissionalId int NULL REFERENCES dbo.Profissional (ProfissionalId),
    Tipo nvarchar(2) NOT NULL,
    Situacao nvarchar(2) NOT NULL,
    Carater nvarchar(2) NULL,
    DataInicio datetime2(3) NOT NULL,
    DataFim datetime2(3) NULL,
    DataAltaMedica datetime2(3) NULL,
    MotivoAlta nvarchar(20) NULL,
    QueixaPrincipal nvarchar(max) NULL,
    Setor nvarchar(200) NULL,
    Leito nvarchar(50) NULL,
    Especialidade nvarchar(200) NULL,
    Convenio nvarchar(200) NULL,
    Excluido bit NOT NULL DEFAULT 0,
    CriadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME(),
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.Alergia (
    AlergiaId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_Alergia PRIMARY KEY,
    PacienteId bigint NOT NULL REFERENCES dbo.Paciente (PacienteId),
    Substancia nvarchar(300) NOT NULL,
    Categoria nvarchar(2) NULL,
    Gravidade nvarchar(2) NULL,
    Nega bit NOT NULL DEFAULT 0,
    Reacao nvarchar(max) NULL,
    DataInicio date NULL,
    Ativa bit NOT NULL DEFAULT 1,
    Excluido bit NOT NULL DEFAULT 0,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.Vacina (
    VacinaId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_Vacina PRIMARY KEY,
    PacienteId bigint NOT NULL REFERENCES dbo.Paciente (PacienteId),
    ProfissionalId int NULL REFERENCES dbo.Profissional (ProfissionalId),
    ImunobiologicoCodigo nvarchar(20) NOT NULL,
    Nome nvarchar(300) NULL,
    Dose nvarchar(20) NULL,
    Estrategia nvarchar(20) NULL,
    ViaAplicacao nvarchar(20) NULL,
    LocalAplicacao nvarchar(20) NULL,
    Lote nvarchar(50) NULL,
    Fabricante nvarchar(200) NULL,
    ValidadeLote date NULL,
    AplicadaEm datetime2(3) NULL,
    Aprazamento date NULL,
    RegistroAnterior bit NOT NULL DEFAULT 0,
    Observacao nvarchar(max) NULL,
    Excluido bit NOT NULL DEFAULT 0,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.Cirurgia (
    CirurgiaId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_Cirurgia PRIMARY KEY,
    AtendimentoId bigint NOT NULL REFERENCES dbo.Atendimento (AtendimentoId),
    ProfissionalId int NULL REFERENCES dbo.Profissional (ProfissionalId),
    ProcedimentoCodigo nvarchar(20) NULL,
    Descricao nvarchar(500) NOT NULL,
    Situacao nvarchar(2) NOT NULL,
    InicioEm datetime2(3) NULL,
    FimEm datetime2(3) NULL,
    Principal bit NOT NULL DEFAULT 1,
    Lateralidade nvarchar(50) NULL,
    Sala nvarchar(50) NULL,
    Observacao nvarchar(max) NULL,
    Excluido bit NOT NULL DEFAULT 0,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.Diagnostico (
    DiagnosticoId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_Diagnostico PRIMARY KEY,
    AtendimentoId bigint NOT NULL REFERENCES dbo.Atendimento (AtendimentoId),
    ProfissionalId int NULL REFERENCES dbo.Profissional (ProfissionalId),
    Cid10 nvarchar(10) NULL,
    Descricao nvarchar(500) NULL,
    Tipo nvarchar(2) NOT NULL,
    RegistradoEm datetime2(3) NULL,
    Observacao nvarchar(max) NULL,
    Excluido bit NOT NULL DEFAULT 0,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.ExameAmbulatorial (
    ExameId uniqueidentifier NOT NULL DEFAULT NEWID() CONSTRAINT PK_ExameAmbulatorial PRIMARY KEY,
    AtendimentoId bigint NOT NULL REFERENCES dbo.Atendimento (AtendimentoId),
    ProfissionalId int NULL REFERENCES dbo.Profissional (ProfissionalId),
    ProcedimentoCodigo nvarchar(20) NULL,
    Nome nvarchar(300) NOT NULL,
    SolicitadoEm datetime2(3) NULL,
    RealizadoEm datetime2(3) NULL,
    ResultadoEm datetime2(3) NULL,
    Laudo nvarchar(max) NULL,
    Excluido bit NOT NULL DEFAULT 0,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.ExameResultado (
    ExameResultadoId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_ExameResultado PRIMARY KEY,
    ExameId uniqueidentifier NOT NULL REFERENCES dbo.ExameAmbulatorial (ExameId),
    AtendimentoId bigint NOT NULL REFERENCES dbo.Atendimento (AtendimentoId),
    Ordem int NOT NULL DEFAULT 1,
    Nome nvarchar(200) NOT NULL,
    Valor nvarchar(max) NULL,
    ValorNumerico decimal(18,6) NULL,
    UnidadeMedida nvarchar(50) NULL,
    Referencia nvarchar(500) NULL,
    Excluido bit NOT NULL DEFAULT 0,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

CREATE TABLE dbo.PrescricaoMedicamento (
    PrescricaoMedicamentoId bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_PrescricaoMedicamento PRIMARY KEY,
    AtendimentoId bigint NOT NULL REFERENCES dbo.Atendimento (AtendimentoId),
    ProfissionalId int NULL REFERENCES dbo.Profissional (ProfissionalId),
    MedicamentoCodigo nvarchar(30) NULL,
    Nome nvarchar(300) NOT NULL,
    Concentracao nvarchar(100) NULL,
    Dose nvarchar(50) NULL,
    UnidadeDose nvarchar(30) NULL,
    ViaAdministracao nvarchar(20) NULL,
    Frequencia nvarchar(100) NULL,
    Posologia nvarchar(max) NULL,
    Quantidade nvarchar(20) NULL,
    UsoContinuo bit NOT NULL DEFAULT 0,
    DataInicio date NULL,
    DataFim date NULL,
    PrescritoEm datetime2(3) NULL,
    Suspenso bit NOT NULL DEFAULT 0,
    Recomendacao nvarchar(max) NULL,
    Excluido bit NOT NULL DEFAULT 0,
    AtualizadoEm datetime2(3) NOT NULL DEFAULT SYSDATETIME()
);

-- Markers: what changed since a moment, in order, without a sort.
CREATE INDEX IX_Paciente_Marcador ON dbo.Paciente (AtualizadoEm, PacienteId);
CREATE INDEX IX_Atendimento_Marcador ON dbo.Atendimento (AtualizadoEm, AtendimentoId);
CREATE INDEX IX_Alergia_Marcador ON dbo.Alergia (AtualizadoEm, PacienteId);
CREATE INDEX IX_Vacina_Marcador ON dbo.Vacina (AtualizadoEm, PacienteId);
CREATE INDEX IX_Cirurgia_Marcador ON dbo.Cirurgia (AtualizadoEm, AtendimentoId);
CREATE INDEX IX_Diagnostico_Marcador ON dbo.Diagnostico (AtualizadoEm, AtendimentoId);
CREATE INDEX IX_ExameAmbulatorial_Marcador ON dbo.ExameAmbulatorial (AtualizadoEm, AtendimentoId);
CREATE INDEX IX_ExameResultado_Marcador ON dbo.ExameResultado (AtualizadoEm, AtendimentoId);
CREATE INDEX IX_PrescricaoMedicamento_Marcador ON dbo.PrescricaoMedicamento (AtualizadoEm, AtendimentoId);

-- Details of a batch of attendances.
CREATE INDEX IX_Atendimento_Paciente ON dbo.Atendimento (PacienteId, AtendimentoId);
CREATE INDEX IX_Alergia_Paciente ON dbo.Alergia (PacienteId);
CREATE INDEX IX_Vacina_Paciente ON dbo.Vacina (PacienteId);
CREATE INDEX IX_Cirurgia_Atendimento ON dbo.Cirurgia (AtendimentoId);
CREATE INDEX IX_Diagnostico_Atendimento ON dbo.Diagnostico (AtendimentoId);
CREATE INDEX IX_ExameAmbulatorial_Atendimento ON dbo.ExameAmbulatorial (AtendimentoId);
CREATE INDEX IX_ExameResultado_Atendimento ON dbo.ExameResultado (AtendimentoId);
CREATE INDEX IX_PrescricaoMedicamento_Atendimento ON dbo.PrescricaoMedicamento (AtendimentoId);
